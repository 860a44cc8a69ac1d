import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { Lua, LuaScriptError, LuaTable, type LuaValue } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import { failureText, openRspamd, valueText } from '../rspamd-lua/index.ts';
import { bytes } from '../ucl/index.ts';
import { sharedZstd } from '../wire/zstd/index.ts';
import type { Io } from './io.ts';
import { adopt } from './options.ts';

export interface LuaCommandOptions {
  readonly script?: readonly string[];
  readonly path?: readonly string[];
  readonly luaPath?: readonly string[];
  readonly args?: readonly string[];
  readonly exec?: string;
  readonly batch?: boolean;
  readonly shareDir?: string;
  readonly verbose?: boolean;
}

/** Where lines come from when no file is named. */
type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * Runs Lua files, a chunk, or lines of standard input with Rspamd's modules, as `rspamadm lua` does
 * (rspamd: src/rspamadm/lua_repl.c).
 * @returns the exit code: 1 where a file could not be loaded or failed
 */
export async function runLua(
  files: readonly string[],
  options: LuaCommandOptions,
  io: Io,
  input: Input = process.stdin,
): Promise<number> {
  const session = new Session(await openState(options, io), io);
  for (const file of [...(options.script ?? []), ...files]) {
    if (!session.runFile(file)) return 1;
  }
  if (options.exec !== undefined) return session.runText(bytes(options.exec)) ? 0 : 1;
  if (files.length === 0) await readLines(session, input, options.batch !== true && input.isTTY === true, io);
  return 0;
}

async function openState(options: LuaCommandOptions, io: Io): Promise<Lua> {
  const write = (stream: 'stdout' | 'stderr', text: string): void => {
    io[stream].write(Buffer.from(text, 'latin1'));
  };
  const lua = new Lua({ host: { write }, isEmbedded: true });
  openRspamd(lua, {
    logger: consoleLogger(write, options.verbose === true),
    env: io.env,
    zstd: await sharedZstd(),
    ...(options.shareDir !== undefined && { paths: { SHAREDIR: bytes(options.shareDir) } }),
  });
  const library = lua.globals.get('package') as LuaTable;
  for (const path of [...(options.path ?? []), ...(options.luaPath ?? [])]) {
    const template = bytes(path.includes('?.lua') ? path : `${path}/?.lua`);
    library.set('path', `${template};${String(library.get('path'))}`);
  }
  if (options.args !== undefined) lua.globals.set('arg', LuaTable.of(...options.args.map(bytes)));
  return lua;
}

/** Messages alone; errors and warnings to standard error. */
function consoleLogger(write: (stream: 'stdout' | 'stderr', text: string) => void, isVerbose: boolean): Logger {
  const shown = (level: string): boolean => isVerbose || (level !== 'info' && level !== 'debug');
  return {
    enabled: shown,
    log: (level, _module, _fn, _id, message) => {
      if (!shown(level)) return;
      write(level === 'critical' || level === 'error' || level === 'warning' ? 'stderr' : 'stdout', `${message}\n`);
    },
  };
}

class Session {
  readonly #lua: Lua;
  readonly #io: Io;
  constructor(lua: Lua, io: Io) {
    this.#lua = lua;
    this.#io = io;
  }

  /** @returns whether it came to its end */
  runFile(path: string): boolean {
    let loaded: LuaValue;
    try {
      loaded = this.#lua.loadFile(bytes(path));
    } catch (error) {
      if (!(error instanceof LuaScriptError)) throw error;
      return this.#complain(`cannot load script ${bytes(path)}: ${error.message}`);
    }
    return this.#attempt(() => this.#lua.call(loaded), `call to ${bytes(path)} failed`) !== undefined;
  }

  /** Runs a text as an expression, or as statements; results are shown. */
  runText(text: string): boolean {
    let chunk: LuaValue;
    try {
      chunk = this.#expression(text) ?? this.#lua.load(text, text);
    } catch (error) {
      if (!(error instanceof LuaScriptError)) throw error;
      return this.#complain(`cannot load string ${text}: ${error.message}`);
    }
    const results = this.#attempt(() => this.#lua.call(chunk), 'call failed');
    for (const result of results ?? []) {
      this.#io.stdout.write(Buffer.from(`${valueText(result, 'string')}\n`, 'latin1'));
    }
    return results !== undefined;
  }

  #expression(text: string): LuaValue {
    const code = `return ${text}`;
    try {
      return this.#lua.load(code, code);
    } catch (error) {
      if (error instanceof LuaScriptError) return undefined;
      throw error;
    }
  }

  #attempt(run: () => readonly LuaValue[], what: string): readonly LuaValue[] | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof LuaScriptError)) throw error;
      this.#complain(`${what}: ${failureText(error)}`);
      return undefined;
    }
  }

  #complain(text: string): false {
    this.#io.stderr.write(Buffer.from(`${text}\n`, 'latin1'));
    return false;
  }
}

/** Runs line by line, so that a failed one does not end the others; `{{` and `}}` stand around several. */
async function readLines(session: Session, input: Input, prompts: boolean, io: Io): Promise<void> {
  let held: string[] | undefined;
  const prompt = (): void => {
    if (prompts) io.stdout.write(held === undefined ? '> ' : '>> ');
  };
  prompt();
  for await (const line of createInterface({ input })) {
    const text = bytes(line);
    if (held === undefined && text === '{{') {
      held = [];
    } else if (held !== undefined && text !== '}}') {
      held.push(text);
    } else {
      const whole = held?.join('\n') ?? text;
      held = undefined;
      if (whole !== '') session.runText(whole);
    }
    prompt();
  }
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function luaCommand(io: Io): Command {
  const command = new Command('lua')
    .description('run Lua with the modules that scripts find; without files and -e lines of standard input')
    .option('-e, --exec <chunk>', 'run a chunk and show what it returns')
    .option('-s, --script <file>', 'load a file first; may be repeated', collect)
    .option('-P, --path <path>', 'look for modules there, too: a directory, or a template with ?.lua', collect)
    .addOption(new Option('-L, --lua-path <path>', 'the same').argParser(collect))
    .option('-a, --args <argument>', 'add an argument to the table arg; may be repeated', collect)
    .option('-b, --batch', 'show no prompt')
    .option('--share-dir <directory>', 'directory of an Rspamd with lualib, instead of /usr/share/rspamd')
    .option('--verbose', 'show informational and debug lines of scripts')
    .argument('[files...]', 'files to run')
    .action(async (files: readonly string[], options: LuaCommandOptions) => {
      io.setExitCode(await runLua(files, options, io));
    });
  return adopt(command, io);
}
