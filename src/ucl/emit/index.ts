export { emitJson, emitJsonCompact, type JsonOptions } from './json.ts';
export { emitUcl, type UclOptions } from './ucl.ts';
