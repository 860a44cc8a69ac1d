import { inflateSync, constants as zlib } from 'node:zlib';
import type { ByteString } from '../bytes.ts';
import type { MimePart } from '../part.ts';
import { parseUrl } from '../url/parse.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';

/** Bytes of the files of a message that are looked at, packed objects when they are unpacked. */
const maxBytes = 16 * 1024 * 1024;
/** Bytes of one stream when it is unpacked; a larger one is not read. */
const maxStream = 1024 * 1024;
/** Characters of a link. */
const maxLink = 8192;

/** Links of PDF files: what stands behind their `/URI` keys (rspamd: lualib/lua_content/pdf.lua:search_urls). */
export function readPdfLinks(parts: readonly MimePart[], urls: UrlSet, suffixes: PublicSuffixes): void {
  let left = maxBytes;
  for (const { kind, type, detected, content } of parts) {
    if (kind !== 'other' || left <= 0) continue;
    if (detected?.ext !== 'pdf' && !(type.type === 'application' && type.subtype === 'pdf')) continue;
    const text = content.text.slice(0, left);
    left -= text.length;
    addLinks(text, urls, suffixes);
    for (const objects of packedObjects(text, left)) {
      left -= objects.length;
      addLinks(objects, urls, suffixes);
    }
  }
}

function addLinks(text: ByteString, urls: UrlSet, suffixes: PublicSuffixes): void {
  const key = /\/URI\s{0,32}(?:\(|<(?!<))/g;
  for (let found = key.exec(text); found !== null && !urls.isFull; found = key.exec(text)) {
    const read = found[0].endsWith('(') ? literal : hexadecimal;
    const { link, end } = read(text, key.lastIndex);
    key.lastIndex = end;
    const url = parseUrl(link, 'text', suffixes);
    if (url === undefined || (url.isMail && url.parts.user === '')) continue;
    url.add('content');
    urls.add(url);
  }
}

/** Objects in streams (ISO 32000-1, 7.5.7), one text for each. */
function* packedObjects(text: ByteString, room: number): Iterable<ByteString> {
  let left = room;
  const key = /\/ObjStm\b/g;
  for (let found = key.exec(text); found !== null && left > 0; found = key.exec(text)) {
    const head = /stream\r?\n/.exec(text.slice(found.index, found.index + 1024));
    if (head === null) continue;
    const start = found.index + head.index + head[0].length;
    const end = text.indexOf('endstream', start);
    if (end < 0) return;
    key.lastIndex = end;
    const objects = inflated(text.slice(start, end));
    // One that is too large costs as much as it was allowed.
    left -= objects?.length ?? maxStream;
    if (objects !== undefined) yield objects;
  }
}

/** As much as can be read; undefined for what is too large or not packed at all. */
function inflated(packed: ByteString): ByteString | undefined {
  try {
    const options = { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: maxStream };
    return inflateSync(Buffer.from(packed, 'latin1'), options).toString('latin1');
  } catch {
    return undefined;
  }
}

interface Link {
  readonly link: ByteString;
  readonly end: number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** A string in parentheses (ISO 32000-1, 7.3.4.2). */
function literal(text: ByteString, start: number): Link {
  let out = '';
  let depth = 1;
  const end = Math.min(text.length, start + maxLink);
  let at = start;
  for (; at < end; at++) {
    const c = text[at] as string;
    if (c === '\\') {
      const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1, at + 4))?.[0];
      const next = text[at + 1] ?? '';
      if (octal !== undefined) out += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      else if (next !== '\n' && next !== '\r') out += escapes[next] ?? next;
      at += octal?.length ?? 1;
    } else {
      if (c === '(') depth++;
      if (c === ')' && --depth === 0) break;
      out += c;
    }
  }
  return { link: out, end: at };
}

/** A string of hexadecimal digits (ISO 32000-1, 7.3.4.3). */
function hexadecimal(text: ByteString, start: number): Link {
  const found = /^[\da-fA-F\s]*/.exec(text.slice(start, start + maxLink))?.[0] ?? '';
  const digits = found.replace(/\s+/g, '');
  const even = digits.length % 2 === 0 ? digits : `${digits}0`;
  return { link: Buffer.from(even, 'hex').toString('latin1'), end: start + found.length };
}
