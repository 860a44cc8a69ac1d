import { isUtf8 } from 'node:buffer';
import type { ScanResult } from '../message/scan.ts';

export interface ReadResult {
  readonly result: ScanResult | undefined;
  readonly encoding: 'utf8' | 'latin1';
}

const nothing: ReadResult = { result: undefined, encoding: 'utf8' };

/**
 * The verdict in the body of a reply. It is looked for only where the Content-Type is `application/json` and nothing
 * else; a parameter such as `; charset=utf-8` makes it something else (rspamd: src/rspamd_proxy.c:
 * proxy_backend_parse_results). A body that has no `action` is no verdict.
 */
export function readResult(contentType: string | undefined, json: Buffer): ReadResult {
  if (contentType === undefined || contentType.toLowerCase() !== 'application/json') return nothing;
  const encoding = isUtf8(json) ? 'utf8' : 'latin1';
  const text = json.toString(encoding);
  const value = parseJson(encoding === 'utf8' ? text : bytesOfEscapes(text));
  return isVerdict(value) ? { result: value, encoding } : nothing;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isVerdict(value: unknown): value is ScanResult {
  return typeof value === 'object' && value !== null && typeof (value as { action?: unknown }).action === 'string';
}

/**
 * In a body that is not UTF-8 every character stands for one byte; escapes of characters above 7F are written out as
 * the UTF-8 bytes that they stand for.
 */
function bytesOfEscapes(text: string): string {
  return text.replace(/(?:\\u[0-9a-fA-F]{4})+|\\[^]/g, (escape) => {
    if (escape[1] !== 'u') return escape;
    const plain = JSON.parse(`"${escape}"`) as string;
    return /^[\x00-\x7f]*$/.test(plain) ? escape : JSON.stringify(utf8Bytes(plain)).slice(1, -1);
  });
}

const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
