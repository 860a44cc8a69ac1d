import { isUtf8 } from 'node:buffer';
import type { ScanResult } from '../message/scan.ts';
import { loadText, type UclValue } from '../ucl/index.ts';

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
export function readResult(contentType: string | undefined, body: Buffer): ReadResult {
  if (contentType === undefined || contentType.toLowerCase() !== 'application/json') return nothing;
  return readJson(body) ?? readRelaxed(body) ?? nothing;
}

function readJson(body: Buffer): ReadResult | undefined {
  const encoding = isUtf8(body) ? 'utf8' : 'latin1';
  const text = body.toString(encoding);
  try {
    const value: unknown = JSON.parse(encoding === 'utf8' ? text : bytesOfEscapes(text));
    return isVerdict(value) ? { result: value, encoding } : nothing;
  } catch {
    return undefined;
  }
}

/** What is no strict JSON is tried as UCL, up to this size: enough for any verdict that somebody wrote by hand. */
const RELAXED_BYTES = 64 * 1024;

/** As rspamd: contrib/libucl/ucl.h:UCL_PARSER_SAFE_FLAGS: nothing in a reply makes us open a file. */
const safe = { macros: false, timeSuffixes: false, implicitArrays: false, fileVariables: false } as const;

function readRelaxed(body: Buffer): ReadResult | undefined {
  if (body.length === 0 || body.length > RELAXED_BYTES) return undefined;
  const { root } = loadText(body.toString('latin1'), { flags: safe });
  const value = root === undefined ? undefined : plain(root);
  return isVerdict(value) ? { result: value, encoding: 'latin1' } : undefined;
}

function plain(value: UclValue): unknown {
  switch (value.type) {
    case 'object':
      return Object.fromEntries([...value.entries].map(([key, { value: member }]) => [key, plain(member)]));
    case 'array':
      return value.items.map(plain);
    case 'int':
      return Number(value.value);
    case 'null':
      return null;
    default:
      return value.value;
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
  return text.replace(/(?:\\u[0-9a-fA-F]{4})+|\\[\s\S]/g, (run) => {
    if (run[1] !== 'u') return run;
    const plain = JSON.parse(`"${run}"`) as string;
    return /^[\x00-\x7f]*$/.test(plain) ? run : JSON.stringify(utf8Bytes(plain)).slice(1, -1);
  });
}

const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
