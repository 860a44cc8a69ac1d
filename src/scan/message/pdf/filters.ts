import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import type { ByteString } from '../bytes.ts';
import type { Budget } from './budget.ts';
import { bytesOfHex, type PdfValue } from './syntax.ts';

/** Unpacked bytes of one stream, about (rspamd: lualib/lua_content/pdf.lua, max_extraction_size). */
const maxStream = 512 * 1024;

/**
 * Undoes the filters of a stream (ISO 32000-1, 7.4).
 * @param filters the value of its `Filter`
 * @returns undefined where one of them is unknown or failed, or there is no room
 */
export function unfiltered(data: ByteString, filters: PdfValue, budget: Budget): ByteString | undefined {
  const names = typeof filters === 'string' ? [filters] : Array.isArray(filters) ? filters : [];
  let bytes: ByteString | undefined = data;
  for (const name of names) {
    if (bytes === undefined || bytes === '') return undefined;
    bytes = typeof name === 'string' ? decoders[name]?.(bytes, budget) : undefined;
  }
  return bytes;
}

type Decoder = (bytes: ByteString, budget: Budget) => ByteString | undefined;

const decoders: Readonly<Record<string, Decoder>> = {
  FlateDecode: inflated,
  Fl: inflated,
  ASCIIHexDecode: hexadecimal,
  AHx: hexadecimal,
  ASCII85Decode: ascii85,
  A85: ascii85,
};

/** With the head of zlib or without; what is cut off gives what there is. */
function inflated(packed: ByteString, budget: Budget): ByteString | undefined {
  // The original's buffer grows by doubling, and is compared with the limit only when it is full.
  let room = Math.min(packed.length * 2, maxStream);
  while (room <= maxStream) room *= 2;
  const inflate = (packed.charCodeAt(0) & 0x0f) === 8 ? inflateSync : inflateRawSync;
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: room };
    const bytes = inflate(Buffer.from(packed, 'latin1'), options).toString('latin1');
    return budget.spend(bytes.length) ? bytes : undefined;
  } catch {
    // It may have cost as much as it was allowed.
    budget.spend(room);
    return undefined;
  }
}

function hexadecimal(text: ByteString, budget: Budget): ByteString | undefined {
  if (!budget.spend(text.length)) return undefined;
  const digits = /^[0-9a-f]*/i.exec(text.replace(/\s+/g, ''))?.[0] ?? '';
  return digits === '' ? undefined : bytesOfHex(digits);
}

/** rspamd: src/libutil/str_util.c:rspamd_decode_ascii85_buf. */
function ascii85(text: ByteString, budget: Budget): ByteString | undefined {
  if (!budget.spend(text.length)) return undefined;
  const out = Buffer.alloc(text.length * 4);
  let length = 0;
  let value = 0;
  let count = 0;
  for (const c of text.replace(/[ \t\n\r\f]+/g, '').replace(/~(?:>.*)?$/s, '')) {
    if (c === 'z' && count === 0) {
      length = out.writeUInt32BE(0, length);
    } else if (c >= '!' && c <= 'u') {
      value = value * 85 + c.charCodeAt(0) - 33;
      if (++count < 5) continue;
      length = out.writeUInt32BE(value >>> 0, length);
      value = 0;
      count = 0;
    } else {
      return undefined;
    }
  }
  if (count > 0) {
    for (let at = count; at < 5; at++) value = value * 85 + 84;
    out.writeUInt32BE(value >>> 0, length);
    length += count - 1;
  }
  return out.toString('latin1', 0, length);
}
