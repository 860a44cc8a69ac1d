export { Budget, luaLimits } from './budget.ts';
export { lessOrEqual, lessThan } from './compare.ts';
export { call, evaluate, evaluateList, execute, type Run, type Scope } from './evaluate.ts';
export { Arguments as LuaArguments } from './library/arguments.ts';
export { formatString } from './library/format.ts';
export { findPattern } from './library/patterns.ts';
export { sandbox } from './library/sandbox.ts';
export { lower, reverse, substitute, upper } from './library/string.ts';
export { nextEntry, nextItem, sortTable } from './library/tables.ts';
export { type LuaNode, type LuaStatement, parseExpressions, parseStatements } from './parse.ts';
export {
  LuaError,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  parseNumber,
  toNumber,
  toText,
  truthy,
  typeOf,
} from './values.ts';
