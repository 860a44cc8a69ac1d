import { type ByteString, lowerAscii, parseDecimal } from './bytes.ts';
import { convert, isUtf8Compatible } from './charset/decode.ts';
import { charsetOfName } from './charset/detect.ts';
import { canonicalCharset } from './charset/names.ts';
import { decodePercent } from './percent.ts';
import { decodeHeaderValue } from './rfc2047.ts';

/**
 * Parameters of one Content-Type or Content-Disposition field: names in lower case, values as people read them (UTF-8;
 * RFC 2231 pieces put together and decoded, encoded words too). Of parameters with one name the first counts.
 */
export type Params = ReadonlyMap<ByteString, ByteString>;

/** More than this many are not kept (rspamd: src/libmime/content_type.c). */
export const maxParams = 1024;

interface Param {
  /** Position of a piece (RFC 2231, 3); undefined for a parameter in one. */
  readonly piece: number | undefined;
  readonly encoded: boolean;
  readonly value: ByteString;
}

/** Collects parameters as they are read and gives them out when all are there. */
export class ParamCollector {
  readonly #params = new Map<ByteString, Param[]>();
  #count = 0;

  /** @returns false where there are too many */
  add(name: ByteString, value: ByteString): boolean {
    if (this.#count >= maxParams) return false;
    this.#count++;
    const [key, param] = readParam(lowerAscii(name), value);
    const same = this.#params.get(key);
    if (same === undefined) this.#params.set(key, [param]);
    else same.push(param);
    return true;
  }

  get empty(): boolean {
    return this.#params.size === 0;
  }

  finish(): Map<ByteString, ByteString> {
    const out = new Map<ByteString, ByteString>();
    for (const [name, list] of this.#params) out.set(name, decodeHeaderValue(joined(list)).bytes);
    return out;
  }
}

/** `name`, `name*`, `name*0` or `name*0*` (RFC 2231, 3 and 4). */
function readParam(name: ByteString, value: ByteString): readonly [ByteString, Param] {
  const plain = [name, { piece: undefined, encoded: false, value }] as const;
  const star = name.indexOf('*');
  if (star < 0) return plain;
  if (star === name.length - 1) {
    const decoded = decodeExtended(value);
    // A value in a charset that nobody can read leaves a parameter without a name.
    if (decoded === undefined) return ['', { piece: undefined, encoded: false, value: '' }];
    return [name.slice(0, star), { piece: undefined, encoded: false, value: decoded }];
  }
  const encoded = name.endsWith('*');
  const piece = parseDecimal(name.slice(star + 1, encoded ? -1 : undefined));
  return piece === undefined ? plain : [name.slice(0, star), { piece, encoded, value }];
}

function joined(list: readonly Param[]): ByteString {
  const [first] = list;
  if (first === undefined) return '';
  if (first.piece === undefined) return first.value;
  const sorted = [...list].sort((a, b) => (a.piece ?? 0) - (b.piece ?? 0));
  const value = sorted.map((param) => param.value).join('');
  return first.encoded ? (decodeExtended(value) ?? value) : value;
}

/**
 * `charset'language'text%XX`, also without the language or without both
 * (rspamd: src/libmime/content_type.c:rspamd_rfc2231_decode).
 */
function decodeExtended(value: ByteString): ByteString | undefined {
  const quote = value.indexOf("'");
  if (quote < 0) return decodePercent(value);
  const second = value.indexOf("'", quote + 1);
  const text = decodePercent(value.slice((second < 0 ? quote : second) + 1));
  const label = value.slice(0, quote);
  const charset = (label === '' ? undefined : canonicalCharset(label)) ?? charsetOfName(text);
  if (charset === undefined) return undefined;
  return isUtf8Compatible(charset) ? text : convert(text, charset);
}
