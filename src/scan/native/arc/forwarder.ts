import { type ByteString, lowerAscii } from '../../message/index.ts';

/** A result of authentication that an earlier hop wrote down (RFC 8601): `dmarc=pass`. */
export interface HopResult {
  readonly method: string;
  readonly result: string;
}

/** @param value of a field Authentication-Results or ARC-Authentication-Results */
export function readResults(value: ByteString): readonly HopResult[] {
  return bare(value)
    .split(';')
    .flatMap((element) => {
      const [, method, result] = /^\s*([A-Za-z][A-Za-z0-9-]*)(?:\s*\/\s*\d+)?\s*=\s*([A-Za-z]+)/.exec(element) ?? [];
      return method === undefined || result === undefined
        ? []
        : [{ method: lowerAscii(method), result: lowerAscii(result) }];
    });
}

/** Without comments, however nested, and without what stands in quotes. */
function bare(value: ByteString): ByteString {
  let text = '';
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const c = value[at] as string;
    if (c === '\\') at++;
    else if (c === '"' && depth === 0) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (c === '(') depth++;
    else if (c === ')' && depth > 0) depth--;
    else if (depth === 0) text += c;
  }
  return text;
}

const bad = ['reject', 'fail', 'quarantine'];

/** How far a forwarder whom we trust speaks for a message: 0 to 1 (rspamd: src/plugins/lua/arc.lua:gen_arc_seal_cb). */
export function trustOf(results: readonly HopResult[]): number {
  let trust = 1;
  let hasDmarc = false;
  for (const { method, result } of results) {
    if (method === 'dmarc') {
      hasDmarc = true;
      if (result === 'pass') trust = 1;
      else if (bad.includes(result)) trust = 0;
    } else if (method === 'spf' && bad.includes(result) && !hasDmarc) {
      trust *= 0.5;
    }
  }
  return trust;
}

/** Whether it found that DMARC holds. */
export function passedDmarc(results: readonly HopResult[]): boolean {
  return results.some(({ method, result }) => method === 'dmarc' && result === 'pass');
}
