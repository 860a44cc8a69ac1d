export { emitJson, emitJsonCompact, type JsonOptions } from './json.ts';
export { decimal } from './numbers.ts';
export { emitUcl, type UclOptions } from './ucl.ts';
