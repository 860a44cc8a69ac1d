import { isUtf8 } from 'node:buffer';
import type { ReplyContent, ScanResult } from '../message/scan.ts';
import { loadText, type UclValue } from '../ucl/index.ts';
import { decodeMsgpack, MsgpackError, type MsgpackValue, type TextEncoding } from '../wire/msgpack/index.ts';
import { parseMultipart } from '../wire/multipart/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';

/** Finds out what the body of a reply holds; does not throw. @param body up to the rewritten message, if there is one */
export type ResultReader = (contentType: string | undefined, body: Buffer) => ReplyContent;

export interface ReaderOptions {
  /** A larger body is not read: reading takes time that other messages wait for. */
  readonly maxBytes: number;
  /** What is no strict JSON is tried as UCL up to this size, which costs a hundred times as much. */
  readonly maxRelaxed: number;
  /** For compressed parts; without it they are unreadable. */
  readonly zstd: Zstd | undefined;
}

/** Enough for any verdict that somebody wrote by hand. */
const usual: ReaderOptions = { maxBytes: Number.POSITIVE_INFINITY, maxRelaxed: 64 * 1024, zstd: undefined };

const unreadable: ReplyContent = { is: 'unreadable' };
const unknown: ReplyContent = { is: 'unknown' };

/**
 * A value is looked for where the Content-Type is `application/json` and nothing else (a parameter such as
 * `; charset=utf-8` makes it something else), and in the part `result` of `multipart/mixed`
 * (rspamd: src/rspamd_proxy.c:proxy_backend_parse_results). Beyond that, in what rspamc gets from a scanner of today:
 * `application/msgpack`, and `multipart/form-data`, which is what /checkv3 answers with unless asked otherwise.
 */
export function resultReader(given: Partial<ReaderOptions> = {}): ResultReader {
  const options = { ...usual, ...given };
  return (contentType, body) => {
    if (body.length === 0) return unreadable;
    const read = readerOf(contentType?.toLowerCase() ?? '');
    if (read === undefined) return unknown;
    if (body.length > options.maxBytes) return unreadable;
    try {
      return read(body, options, contentType as string);
    } catch {
      return unreadable;
    }
  };
}

type Reader = (body: Buffer, options: ReaderOptions, contentType: string) => ReplyContent;

function readerOf(type: string): Reader | undefined {
  if (type === 'application/json') return readText;
  if (type === 'application/msgpack') return readMsgpack;
  return type.includes('multipart/mixed') || type.includes('multipart/form-data') ? readMultipart : undefined;
}

/** A value without `action` is no verdict. */
export function verdictIn(content: ReplyContent): ScanResult | undefined {
  return content.is === 'value' && isVerdict(content.value) ? content.value : undefined;
}

function isVerdict(value: unknown): value is ScanResult {
  return typeof value === 'object' && value !== null && typeof (value as { action?: unknown }).action === 'string';
}

function readText(body: Buffer, { maxRelaxed }: ReaderOptions): ReplyContent {
  return readJson(body) ?? (body.length > maxRelaxed ? unreadable : readRelaxed(body));
}

function readJson(body: Buffer): ReplyContent | undefined {
  const encoding = isUtf8(body) ? 'utf8' : 'latin1';
  const text = body.toString(encoding);
  try {
    return contentFrom(JSON.parse(encoding === 'utf8' ? text : bytesOfEscapes(text)), encoding);
  } catch {
    return undefined;
  }
}

/** UCL has no documents that are a single number, string or null. */
function contentFrom(value: unknown, encoding: TextEncoding): ReplyContent {
  return typeof value === 'object' && value !== null ? { is: 'value', value, encoding } : unreadable;
}

/** As rspamd: contrib/libucl/ucl.h:UCL_PARSER_SAFE_FLAGS: nothing in a reply makes us open a file. */
const safe = { macros: false, timeSuffixes: false, implicitArrays: false, fileVariables: false } as const;

function readRelaxed(body: Buffer): ReplyContent {
  const { root } = loadText(body.toString('latin1'), { flags: safe });
  return root === undefined ? unreadable : contentFrom(plain(root), 'latin1');
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

/** Replies of /checkv3: JSON or msgpack in a part, which may be compressed. */
function readMultipart(body: Buffer, options: ReaderOptions, contentType: string): ReplyContent {
  const part = parseMultipart(body, contentType).find(({ name }) => name === 'result');
  const bytes = part?.encoding === 'zstd' ? options.zstd?.decompress(part.body, options.maxBytes) : part?.body;
  if (part === undefined || bytes === undefined) return unreadable;
  return part.contentType.includes('msgpack') ? readMsgpack(bytes) : readText(bytes, options);
}

function readMsgpack(bytes: Buffer): ReplyContent {
  const read = (encoding: TextEncoding): ReplyContent =>
    contentFrom(plainNumbers(decodeMsgpack(bytes, encoding)), encoding);
  try {
    return read('utf8');
  } catch (error) {
    if (error instanceof MsgpackError && error.kind === 'text') return read('latin1');
    throw error;
  }
}

/** As JSON would have them. */
function plainNumbers(value: MsgpackValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (Array.isArray(value)) return value.map(plainNumbers);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainNumbers(member)]));
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
