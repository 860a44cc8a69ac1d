// Runs a checkout of an official test suite in LuaJIT and here and prints a table of what differs:
//   node dist/test/lua/official/main.js FOLDER
// FOLDER holds Lua 5.1's own suite (all.lua) or LuaJIT-test-cleanup (test/test.lua). Neither is part of this project.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanupRows } from './cleanup.ts';
import { pucRows } from './puc.ts';

/** A line of the table. */
export interface Row {
  readonly file: string;
  readonly luajit: string;
  readonly ours: string;
  /** Empty when both come to the same. */
  readonly differences: string;
}

const folder = resolve(process.argv[2] ?? '.');
const tests = join(folder, 'test');
const rows = existsSync(join(folder, 'all.lua'))
  ? pucRows(folder)
  : existsSync(join(tests, 'test.lua'))
    ? cleanupRows(tests)
    : undefined;
if (rows === undefined) {
  console.error('usage: node dist/test/lua/official/main.js FOLDER, where FOLDER has an all.lua or a test/test.lua');
  process.exitCode = 2;
} else {
  console.log('| file | luajit -joff | here | differs |\n| --- | --- | --- | --- |');
  for (const { file, luajit, ours, differences } of rows) {
    console.log(`| ${file} | ${luajit} | ${ours} | ${differences} |`);
  }
}
