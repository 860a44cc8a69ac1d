export type { Failure, Flags, MacroCall, MacroHandler } from './context.ts';
export { type Diagnostic, lineAndColumn, type Place, renderDiagnostic } from './diagnostics.ts';
export { decimal, emitJson, emitJsonCompact, emitUcl, type JsonOptions, type UclOptions } from './emit/index.ts';
export { matchPaths } from './glob.ts';
export {
  type Loaded,
  type LoadOptions,
  loadFile,
  loadText,
  type Parsed,
  parseFile,
  parseText,
  type TextOptions,
} from './load.ts';
export { nearest } from './nearest.ts';
export { entry, first, get, items, typeName } from './read.ts';
export type { Position, Source } from './source.ts';
export { encryptPassword, type TemplateWorld } from './template/index.ts';
export { bytes, text } from './text.ts';
export type * from './value.ts';
export type { Variable } from './variables.ts';
