import { Lua, LuaExit, type LuaFunction, LuaScriptError, LuaTable, type LuaValue, typeName } from '../lua/index.ts';
import type { Compared } from '../message/comparison.ts';
import type { Logger } from '../message/log.ts';
import { failureText, openRspamd, type Paths, type World } from '../rspamd-lua/index.ts';
import { text, type UclObject } from '../ucl/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';
import { loadProblem, plainReason } from './problem.ts';
import type { Script, ScriptProblem } from './script.ts';
import { luaToPlain, type PlainValue, plainToLua } from './values.ts';

export interface WorldOptions {
  /** For the lines of scripts and of what goes wrong with them. */
  readonly logger: Logger;
  readonly paths: Paths;
  /** What `rspamd_config` shows. */
  readonly config?: UclObject | undefined;
  /** Milliseconds that a script may take for one message. */
  readonly timeout: number;
  /** For scripts that compress; see `zstdFor`. */
  readonly zstd?: Zstd | undefined;
  /** Takes what scripts print; as with a daemon it is lost where this is left out. Byte string. */
  readonly print?: ((text: string) => void) | undefined;
}

/** Milliseconds that a chunk may run until it has returned its function. */
export const loadTimeout = 10_000;

/** Bytes that scripts may keep, together; more is an error of the one that asks for it. */
const memoryLimit = 128 * 1024 * 1024;

/** What a script has returned: it is called for each message. */
export type ScriptFunction = LuaFunction;

/** A message that scripts are called for. */
export interface Occasion {
  readonly sessionId: string;
}

export interface CompareOccasion extends Occasion {
  readonly tag: string;
  readonly results: ReadonlyMap<string, Compared>;
}

/** What came of the body of an answer: a value (texts are byte strings), nothing at all, or a failure that was logged. */
export type Parsed = { readonly is: 'value'; readonly value: PlainValue } | { readonly is: 'nothing' | 'failed' };

/** The Lua state of one thread with the scripts that it runs: they see each other's globals, as in the original. */
export class ScriptWorld {
  readonly #world: World;
  readonly #lua: Lua;
  readonly #logger: Logger;
  readonly #timeout: number;

  constructor({ logger, paths, config, timeout, zstd, print = () => {} }: WorldOptions) {
    this.#lua = new Lua({
      isEmbedded: true,
      limits: { memory: memoryLimit },
      host: { write: (_stream, bytes) => print(bytes), exit: () => {} },
    });
    this.#world = openRspamd(this.#lua, { logger: decoding(logger), paths, config, zstd });
    this.#logger = logger;
    this.#timeout = timeout;
  }

  /** Runs the chunk, which has to return the function (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_script). */
  load(script: Script): { readonly ok: LuaFunction } | { readonly problem: ScriptProblem } {
    this.#lua.limits = { time: loadTimeout, memory: memoryLimit };
    let doing: 'load' | 'init' = 'load';
    try {
      const chunk = this.#lua.load(script.text, script.chunk);
      doing = 'init';
      const [value] = this.#lua.call(chunk);
      const fn = script.kind === 'parser' && value instanceof LuaTable ? value.get('from') : value;
      if (typeof fn === 'function') return { ok: fn };
      return { problem: { message: mustReturn(script, value), line: undefined } };
    } catch (cause) {
      return { problem: loadProblem(script, doing, cause) };
    }
  }

  /** Calls a compare script; what goes wrong is logged (rspamd: src/rspamd_proxy.c:proxy_call_cmp_script). */
  compare(script: Script, fn: LuaFunction, { results, tag, sessionId }: CompareOccasion): void {
    this.#guard(script, 'proxy_call_cmp_script', sessionId, messageIdIn(results), () => {
      const table = new LuaTable();
      for (const [name, one] of results) table.set(name, this.#result(one));
      this.#lua.call(fn, table, tag);
    });
  }

  /** Calls a parser script (rspamd: src/rspamd_proxy.c:proxy_backend_parse_results). @param body byte string */
  parse(script: Script, fn: LuaFunction, body: string, { sessionId }: Occasion): Parsed {
    let parsed: Parsed = { is: 'failed' };
    this.#guard(script, 'proxy_backend_parse_results', sessionId, undefined, () => {
      const [returned] = this.#lua.call(fn, body);
      const value = luaToPlain(this.#world, returned);
      parsed = value === undefined ? { is: 'nothing' } : { is: 'value', value };
    });
    return parsed;
  }

  #result(one: Compared): LuaValue {
    return typeof one === 'string' ? one : plainToLua(this.#world, one.value, one.encoding);
  }

  /** @throws LuaExit where the script wants the process to end */
  #guard(script: Script, where: string, sessionId: string, messageId: string | undefined, run: () => void): void {
    this.#lua.limits = { time: this.#timeout, memory: memoryLimit };
    const complain = (what: string) => this.#logger.log('error', 'proxy', where, sessionId, what);
    const begin = `cannot run lua ${script.kind} script`;
    try {
      run();
    } catch (cause) {
      if (cause instanceof LuaExit) throw cause;
      const message = messageId === undefined ? '' : ` for message ${messageId}`;
      if (cause instanceof LuaScriptError) complain(`${begin}: ${text(failureText(cause))}`);
      else if (cause instanceof RangeError) complain(`${begin} ${script.name}${message}: ${cause.message}`);
      else complain(`${begin} ${script.name}${message}: ${plainReason(cause)}`);
    }
  }
}

/** Lua has byte strings, a log has texts. */
function decoding(logger: Logger): Logger {
  return {
    enabled: (level, module) => logger.enabled(level, module),
    log: (level, module, fn, id, message) => logger.log(level, module, text(fn), text(id), text(message)),
  };
}

/** The message-id in the result of the upstream. */
function messageIdIn(results: CompareOccasion['results']): string | undefined {
  const master = results.get('master');
  const whole = typeof master === 'object' ? (master.value as Readonly<Record<string, unknown>> | null) : null;
  const id = whole?.['message-id'];
  return typeof id === 'string' ? id : undefined;
}

/** In the words of the original; it does not say what a table lacks. */
function mustReturn({ kind }: Script, value: LuaValue): string {
  const begin = 'cannot init lua parser script: must return function';
  if (kind === 'compare') return `${begin}, ${typeName(value)} returned`;
  if (value instanceof LuaTable) return `${begin}, or a table whose field from is a function`;
  return `${begin} or table, ${typeName(value)} returned`;
}
