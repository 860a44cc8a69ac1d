import { checkNumber, type LuaResult, type LuaValue, runtimeError } from '../../lua/index.ts';
import { decodeBase64, decodeEntities, decodePercent, decodeQuotedPrintable } from '../../scan/index.ts';
import { fromAscii85 } from '../encodings/ascii85.ts';
import { type Base32, base32Named, fromBase32, toBase32 } from '../encodings/base32.ts';
import { toBase64 } from '../encodings/base64.ts';
import { lineEnd } from '../encodings/newlines.ts';
import { toQuotedPrintable } from '../encodings/quoted-printable.ts';
import type { Functions } from '../modules.ts';
import { newText } from '../text/class.ts';
import { bytesOf, checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';

/** Encoders and decoders of `rspamd_util`; they give texts, and nil for what is no string or text. */
export function encodingFunctions(world: World): Functions {
  const decoder =
    (decode: (bytes: string) => string | undefined) =>
    (...args: LuaValue[]): LuaResult => {
      const bytes = bytesOf(args, 1);
      const decoded = bytes === undefined ? undefined : decode(bytes);
      return decoded === undefined ? undefined : newText(world, decoded);
    };
  return {
    encode_base64: (...args) => {
      const bytes = checkBytes(args, 1);
      const width = args.length > 1 ? checkNumber(args, 2) : 0;
      // a line end is looked at only where there are no lines
      if (width <= 0) lineEnd(args[2]);
      return newText(world, toBase64(bytes, checkedWidth(width), '\r\n'));
    },
    decode_base64: decoder((bytes) => decodeBase64(bytes).bytes.toString('latin1')),
    encode_qp: (...args) => {
      const bytes = bytesOf(args, 1);
      const width = args.length > 1 ? checkNumber(args, 2) : 0;
      return bytes === undefined ? undefined : newText(world, toQuotedPrintable(bytes, width, lineEnd(args[2])));
    },
    decode_qp: decoder((bytes) => nonEmpty(decodeQuotedPrintable(bytes).toString('latin1'))),
    encode_base32: (...args) => {
      const kind = base32Kind(args[1]);
      return newText(world, toBase32(checkBytes(args, 1), kind));
    },
    decode_base32: (...args) => {
      const kind = base32Kind(args[1]);
      const decoded = fromBase32(checkBytes(args, 1), kind);
      return decoded === undefined ? undefined : newText(world, decoded);
    },
    decode_url: decoder(decodePercent),
    decode_html_entities: decoder((bytes) => (bytes === '' ? undefined : decodeEntities(bytes))),
    decode_ascii85: decoder((bytes) => (bytes === '' ? undefined : fromAscii85(bytes))),
  };
}

const nonEmpty = (bytes: string): string | undefined => (bytes === '' ? undefined : bytes);

function checkedWidth(width: number): number {
  if (width > 0 && width <= 8) throw runtimeError('too small line length (more than 8 is required)');
  return Math.trunc(width);
}

function base32Kind(name: LuaValue): Base32 {
  if (typeof name !== 'string') return 'zbase';
  const kind = base32Named(name);
  if (kind === undefined) throw runtimeError(`invalid b32 type: ${name}`);
  return kind;
}
