/** The operator's Lua scripts for results: compare and parser scripts, each kind in a thread of its own. */
export { checkScripts } from './check.ts';
export { CompareScripts } from './comparing.ts';
export { ParserScripts } from './parsing.ts';
export { inlineChunk, type Script, type ScriptProblem } from './script.ts';
export { type ScriptFunction, ScriptWorld } from './world.ts';
export { zstdFor } from './zstd.ts';
