import { none } from '../runtime/results.ts';
import type { State } from '../runtime/state.ts';
import { native } from '../values/native.ts';
import { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { environmentFunctions } from './base/environments.ts';
import { loadingFunctions } from './base/loading.ts';
import { miscellaneousFunctions } from './base/miscellaneous.ts';
import { protectedFunctions } from './base/protected.ts';
import { valueFunctions } from './base/values.ts';
import { bitFunctions } from './bit.ts';
import { markBuiltin } from './builtins.ts';
import { coroutineFunctions } from './coroutine.ts';
import { debugFunctions } from './debug.ts';
import { openIo } from './io/index.ts';
import { mathFunctions } from './math.ts';
import { osFunctions } from './os.ts';
import { openPackage } from './package.ts';
import { openStringMetatable, stringFunctions } from './string/index.ts';
import { tableClear, tableFunctions, tableNew } from './table/index.ts';

function fill(table: LuaTable, functions: readonly LuaFunction[], library: string): LuaTable {
  markBuiltin(library, functions);
  for (const one of functions) table.set(one.native?.name, one);
  return table;
}

/** LuaJIT's `jit`: programs look at the version; there is nothing to switch. */
function jitLibrary(): LuaTable {
  const table = new LuaTable();
  const nothing = (name: string): LuaFunction => native(name, () => none());
  fill(table, [nothing('on'), nothing('off'), nothing('flush'), native('status', () => false)], 'jit');
  const values: [string, LuaValue][] = [
    ['version', 'LuaJIT 2.1.0-beta3'],
    ['version_num', 20100],
    ['os', 'Linux'],
    ['arch', 'x64'],
    ['opt', fill(new LuaTable(), [nothing('start')], 'jit.opt')],
  ];
  for (const [key, value] of values) table.set(key, value);
  return table;
}

/** Modules that only `require` brings; each also becomes a field of the library it extends. */
function preloadTableExtensions(preload: LuaTable, table: LuaTable): void {
  const extensions = [tableNew, tableClear];
  markBuiltin('table', extensions);
  for (const one of extensions) {
    const name = one.native?.name ?? '';
    const loader = native(`table.${name}`, () => {
      table.set(name, one);
      return one;
    });
    preload.set(`table.${name}`, loader);
  }
}

/** Fills a new state with the standard libraries. */
export function openLibraries(state: State): void {
  const { globals } = state;
  const loaded = new LuaTable();
  state.registry.set('_LOADED', loaded);
  const add = (name: string, library: LuaTable): LuaTable => {
    globals.set(name, library);
    loaded.set(name, library);
    return library;
  };
  const base = [valueFunctions, protectedFunctions, environmentFunctions, loadingFunctions, miscellaneousFunctions];
  for (const functions of base) fill(globals, functions, '_G');
  globals.set('_VERSION', 'Lua 5.1');
  add('_G', globals);
  add('coroutine', fill(new LuaTable(), coroutineFunctions, 'coroutine'));
  const library = add('package', new LuaTable());
  openPackage(state, library, loaded);
  const table = add('table', fill(new LuaTable(), tableFunctions, 'table'));
  openIo(state, add('io', new LuaTable()));
  add('os', fill(new LuaTable(), osFunctions, 'os'));
  const strings = add('string', fill(new LuaTable(), stringFunctions, 'string'));
  openStringMetatable(state, strings);
  const math = add('math', fill(new LuaTable(), mathFunctions(), 'math'));
  math.set('pi', Math.PI);
  math.set('huge', Number.POSITIVE_INFINITY);
  add('debug', fill(new LuaTable(), debugFunctions, 'debug'));
  add('bit', fill(new LuaTable(), bitFunctions, 'bit'));
  add('jit', jitLibrary());
  const preload = library.get('preload');
  if (preload instanceof LuaTable) preloadTableExtensions(preload, table);
}
