// Runs the Lua text on standard input in one of the engines for Node: node dist/bench/lua/child.js ENGINE
import { readFileSync } from 'node:fs';

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The few functions of Fengari's C-like API that are used here. */
interface Fengari {
  readonly lua: { readonly lua_pcall: (l: object, args: number, results: number, handler: number) => number };
  readonly lauxlib: {
    readonly luaL_newstate: () => object;
    readonly luaL_loadstring: (l: object, text: Uint8Array) => number;
    readonly luaL_tolstring: (l: object, at: number) => Uint8Array;
  };
  readonly lualib: { readonly luaL_openlibs: (l: object) => void };
  readonly to_luastring: (text: string) => Uint8Array;
}

async function runFengari(text: string): Promise<void> {
  const name: string = 'fengari';
  const { default: fengari } = (await import(name)) as { default: Fengari };
  const { lua, lauxlib, lualib, to_luastring } = fengari;
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  if (lauxlib.luaL_loadstring(state, to_luastring(text)) !== 0 || lua.lua_pcall(state, 0, 0, 0) !== 0) {
    throw new Error(Buffer.from(lauxlib.luaL_tolstring(state, -1)).toString('latin1'));
  }
}

const runners: Readonly<Record<string, (text: string) => Promise<void>>> = {
  ours: async (text) => {
    const { Lua } = await import('../../src/lua/index.ts');
    // the limits that a compare script runs under
    new Lua({ limits: { time: 600_000, memory: 1 << 30 } }).run(text, '=bench');
  },
  'lua-in-js': async (text) => {
    const { createEnv, Table } = await import('lua-in-js');
    const env = createEnv({ stdout: (line: string) => process.stdout.write(line) });
    env.loadLib('bench', new Table({ clock: () => processorTime() / 1e6 })); // it has no os.clock
    env.parse(text).exec();
  },
  fengari: runFengari,
};

await runners[process.argv[2] ?? '']?.(readFileSync(0, 'latin1'));
