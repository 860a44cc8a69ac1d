// Runs a Lua file as a stand-alone interpreter does: node dist/test/lua/official/child.js FILE ARGUMENT...
import { Lua, LuaScriptError, LuaTable } from '../../../src/lua/index.ts';

const [file = '', ...args] = process.argv.slice(2);
const lua = new Lua();
lua.globals.set('arg', LuaTable.fromList([file, ...args], 0));
try {
  lua.call(lua.loadFile(file), ...args);
} catch (error) {
  if (!(error instanceof LuaScriptError)) throw error;
  console.error(error.traceback);
  process.exitCode = 1;
}
