/** A Lua chunk of the operator, as data that can be sent to a thread. */
export interface Script {
  /** `compare` gives a function for results, `parser` one for the bodies of answers. */
  readonly kind: 'compare' | 'parser';
  /** As log lines name it: a path, or the place in the configuration. */
  readonly name: string;
  /** As Lua names it: `@path`, or `proxy parser` for a text of the configuration. */
  readonly chunk: string;
  /** Byte string. */
  readonly text: string;
}

/** Name of chunks that stand in the configuration (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_script). */
export const inlineChunk = 'proxy parser';

/** Why a script cannot be used. */
export interface ScriptProblem {
  readonly message: string;
  /** Line of the script, from 1. */
  readonly line: number | undefined;
}
