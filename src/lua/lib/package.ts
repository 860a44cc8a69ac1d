import { accessSync, constants } from 'node:fs';
import { call } from '../runtime/calls.ts';
import { closureOf } from '../runtime/closures.ts';
import { runtimeError } from '../runtime/errors.ts';
import { setEnvironment } from '../runtime/generators.ts';
import { field } from '../runtime/index-by-name.ts';
import { R } from '../runtime/registers.ts';
import { firstResult, none, three, two } from '../runtime/results.ts';
import { functionAt } from '../runtime/stack.ts';
import type { State } from '../runtime/state.ts';
import { LuaError } from '../values/error.ts';
import { native } from '../values/native.ts';
import { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { Userdata } from '../values/userdata.ts';
import { checkString, checkTable, optionalString } from './arguments.ts';
import { loadFile } from './base/loading.ts';
import { cString } from './c-string.ts';

const defaultPath = [
  './?.lua',
  '/usr/share/luajit-2.1.0-beta3/?.lua',
  '/usr/local/share/lua/5.1/?.lua',
  '/usr/local/share/lua/5.1/?/init.lua',
  '/usr/share/lua/5.1/?.lua',
  '/usr/share/lua/5.1/?/init.lua',
].join(';');

/** Debian's folders of libraries, by Node's names for processors. */
const libraryFolders: Readonly<Record<string, string>> = {
  x64: '/usr/lib/x86_64-linux-gnu',
  arm64: '/usr/lib/aarch64-linux-gnu',
};

const defaultCPath = [
  './?.so',
  '/usr/local/lib/lua/5.1/?.so',
  `${libraryFolders[process.arch] ?? '/usr/lib'}/lua/5.1/?.so`,
  '/usr/local/lib/lua/5.1/loadall.so',
].join(';');

/** A path from the environment, in which `;;` stands for the default one. */
function pathFrom(variable: string, standard: string): string {
  const value = process.env[variable];
  if (value === undefined) return standard;
  return Buffer.from(value)
    .toString('latin1')
    .replaceAll(';;', `;${standard};`)
    .replace(/^;+|;+$/g, '');
}

function isReadable(path: string): boolean {
  try {
    accessSync(cString(path), constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first readable file of a path of templates, or what was tried. */
function searchPath(
  name: string,
  path: string,
  separator: string,
  slash: string,
): { found: string } | { tried: string } {
  const shown = separator === '' ? name : name.replaceAll(separator, slash);
  let tried = '';
  for (const template of path.split(';').filter((one) => one !== '')) {
    const file = template.replaceAll('?', shown);
    if (isReadable(file)) return { found: file };
    tried += `\n\tno file '${file}'`;
  }
  return { tried };
}

const searchpath = native('searchpath', (...args): LuaResult => {
  const name = checkString(args, 1);
  const path = checkString(args, 2);
  const result = searchPath(name, path, optionalString(args, 3, '.'), optionalString(args, 4, '/'));
  return 'found' in result ? result.found : two(undefined, result.tried);
});

const seeall = native('seeall', (...args) => {
  const table = checkTable(args, 1);
  table.meta ??= new LuaTable();
  table.meta.set('__index', R.state.current.environment);
  return none();
});

const loadlib = native('loadlib', () => three(undefined, 'dynamic libraries are not supported', 'absent'));

function pathField(library: LuaTable, name: string): string {
  const path = library.get(name);
  if (typeof path !== 'string') throw runtimeError(`'package.${name}' must be a string`);
  return path;
}

function loaders(library: LuaTable): LuaFunction[] {
  const preload = native('loader_preload', (...args) => {
    const name = checkString(args, 1);
    const table = library.get('preload');
    if (!(table instanceof LuaTable)) throw runtimeError("'package.preload' must be a table");
    return field(table, name) ?? `\n\tno field package.preload['${name}']`;
  });
  const lua = native('loader_lua', (...args) => {
    const name = checkString(args, 1);
    const result = searchPath(name, pathField(library, 'path'), '.', '/');
    if ('tried' in result) return result.tried;
    try {
      return loadFile(result.found, undefined);
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      throw runtimeError(`error loading module '${name}' from file '${result.found}':\n\t${error.message}`);
    }
  });
  const inC = (loader: string, shorten: (name: string) => string | undefined): LuaFunction =>
    native(loader, (...args): LuaResult => {
      const name = checkString(args, 1);
      const shown = shorten(name);
      if (shown === undefined) return none();
      const result = searchPath(shown, pathField(library, 'cpath'), '.', '/');
      if ('tried' in result) return result.tried;
      const why = 'modules written in C cannot be loaded';
      throw runtimeError(`error loading module '${name}' from file '${result.found}':\n\t${why}`);
    });
  const root = (name: string): string | undefined => (name.includes('.') ? name.replace(/\..*/, '') : undefined);
  return [preload, lua, inC('loader_c', (name) => name), inC('loader_croot', root)];
}

/** Marks a module that is being loaded. */
const sentinel = new Userdata('loading');

function findLoader(library: LuaTable, name: string): LuaValue {
  const list = library.get('loaders');
  if (!(list instanceof LuaTable)) throw runtimeError("'package.loaders' must be a table");
  let tried = '';
  for (let i = 1; ; i++) {
    const loader = list.get(i);
    if (loader === undefined) throw runtimeError(`module '${name}' not found:${tried}`);
    const answer = firstResult(call(loader, name));
    if (typeof answer === 'function') return answer;
    if (typeof answer === 'string' || typeof answer === 'number') tried += answer;
  }
}

function makeRequire(library: LuaTable, loaded: LuaTable): LuaFunction {
  return native('require', (...args) => {
    const name = checkString(args, 1);
    const known = field(loaded, name);
    if (known === sentinel) throw runtimeError(`loop or previous error loading module '${name}'`);
    if (known !== undefined && known !== false) return known;
    const loader = findLoader(library, name);
    loaded.set(name, sentinel);
    const value = firstResult(call(loader, name));
    if (value !== undefined) loaded.set(name, value);
    if (loaded.get(name) === sentinel) loaded.set(name, true);
    return loaded.get(name);
  });
}

/** The table of a module by its dotted name, in `package.loaded` or as a global; made when there is none. */
function moduleTable(state: State, loaded: LuaTable, name: string): LuaTable {
  const known = field(loaded, name);
  if (known instanceof LuaTable) return known;
  let table = state.current.environment;
  for (const part of name.split('.')) {
    const next = table.get(part);
    if (next !== undefined && !(next instanceof LuaTable)) {
      throw runtimeError(`name conflict for module '${name}'`);
    }
    const found = next ?? new LuaTable();
    if (next === undefined) table.set(part, found);
    table = found as LuaTable;
  }
  loaded.set(name, table);
  return table;
}

function makeModule(state: State, loaded: LuaTable): LuaFunction {
  return native('module', (...args) => {
    const name = checkString(args, 1);
    const table = moduleTable(state, loaded, name);
    if (field(table, '_NAME') === undefined) {
      table.set('_M', table);
      table.set('_NAME', name);
      table.set('_PACKAGE', name.slice(0, name.lastIndexOf('.') + 1));
    }
    const caller = functionAt(1);
    if (caller === undefined || closureOf(caller) === undefined) {
      throw runtimeError("'module' not called from a Lua function");
    }
    setEnvironment(caller, table);
    for (const option of args.slice(1)) call(option, table);
    return none();
  });
}

/** Fills the table `package` of a state and gives it `require` and `module`. */
export function openPackage(state: State, library: LuaTable, loaded: LuaTable): void {
  library.set('loaded', loaded);
  library.set('preload', new LuaTable());
  library.set('path', pathFrom('LUA_PATH', defaultPath));
  library.set('cpath', pathFrom('LUA_CPATH', defaultCPath));
  library.set('config', '/\n;\n?\n!\n-\n');
  library.set('loaders', LuaTable.of(...loaders(library)));
  for (const one of [searchpath, seeall, loadlib]) library.set(one.native?.name, one);
  state.globals.set('require', makeRequire(library, loaded));
  state.globals.set('module', makeModule(state, loaded));
}
