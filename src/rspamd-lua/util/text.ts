import {
  checkString,
  type LuaResult,
  type LuaValue,
  runtimeError,
  three,
  toNumber,
  two,
  Userdata,
} from '../../lua/index.ts';
import {
  canonicalCharset,
  convertCharset,
  toText as decodeText,
  lowerUtf8,
  normalise,
  utf8ErrorAt,
} from '../../scan/index.ts';
import { caselessHash } from '../crypto/caseless.ts';
import { int64Of, newInt64 } from '../crypto/int64.ts';
import type { Functions } from '../modules.ts';
import { record } from '../tables.ts';
import { crc32Of, newText } from '../text/class.ts';
import { bytesOf, checkBytes, lowerAscii, Text } from '../text/text.ts';
import type { World } from '../world.ts';
import { characters, scriptOf } from './characters.ts';
import { editDistance } from './distance.ts';
import { foldHeader } from './fold-header.ts';
import { textQuality } from './quality.ts';

const caselessSeed = 0xdeadbaben;

const caselessOf = (args: readonly LuaValue[]): bigint =>
  caselessHash(checkBytes(args, 1), int64Of(args[1]) ?? caselessSeed);

/** Functions of `rspamd_util` that look at texts. */
export function textFunctions(world: World): Functions {
  /** A result of the kind that the first argument is of. */
  const sameKind = (args: readonly LuaValue[], bytes: string): LuaValue =>
    args[0] instanceof Userdata && args[0].value instanceof Text ? newText(world, bytes) : bytes;
  return {
    levenshtein_distance: (...args) => {
      const [first, second] = [checkBytes(args, 1), checkBytes(args, 2)];
      return editDistance(first, second, Math.trunc(toNumber(args[2]) ?? 1));
    },
    caseless_hash: (...args) => newInt64(world, caselessOf(args)),
    // 52 of its bits, as a fraction
    caseless_hash_fast: (...args) => Number(caselessOf(args) >> 12n) / 2 ** 52,
    fold_header: (...args) => {
      const [name, value] = [bytesOf(args, 1), bytesOf(args, 2)];
      if (name === undefined || value === undefined) return undefined;
      const how = args[2] === 'cr' ? '\r' : args[2] === 'lf' ? '\n' : '\r\n';
      const stops = args[2] !== undefined && args[3] !== undefined ? checkString(args, 4) : undefined;
      return foldHeader(name, value, how, stops);
    },
    is_uppercase: (...args) => isUppercase(bytesOf(args, 1) ?? ''),
    strlen_utf8: (...args) => countCharacters(checkBytes(args, 1)),
    lower_utf8: (...args) => sameKind(args, lowerUtf8(checkBytes(args, 1))),
    normalize_utf8: (...args) => {
      const { bytes, changed, zeroWidth, cut } = normalise(checkBytes(args, 1));
      // bits of rspamd: src/libutil/cxx/utf8_util.h:rspamd_utf8_normalise_result
      return two(sameKind(args, bytes), (changed ? 1 : 0) | (zeroWidth ? 2 : 0) | (cut ? 8 : 0));
    },
    to_utf8: (...args) => {
      const charset = canonicalCharset(checkString(args, 2));
      const converted = charset === undefined ? undefined : convertCharset(checkBytes(args, 1), charset);
      return converted === undefined ? undefined : newText(world, converted);
    },
    strequal_caseless: (...args) => lowerAscii(checkBytes(args, 1)) === lowerAscii(checkBytes(args, 2)),
    strequal_caseless_utf8: (...args) => folded(checkBytes(args, 1)) === folded(checkBytes(args, 2)),
    crc32: (...args) => crc32Of(checkBytes(args, 1), args, 'input'),
    is_utf_mixed_script: (...args) => isMixedScript(checkString(args, 1)),
    is_utf_outside_range: (...args) => {
      const bytes = checkBytes(args, 1);
      const [first, last] = [toNumber(args[1]) ?? 0, toNumber(args[2]) ?? 0];
      return [...decodeText(bytes)].some((char) => {
        const code = char.codePointAt(0) as number;
        return code < first || code > last;
      });
    },
    get_string_stats: (...args) => {
      const bytes = checkBytes(args, 1);
      return record({
        digits: bytes.replace(/[^0-9]+/g, '').length,
        letters: bytes.replace(/[^A-Za-z]+/g, '').length,
      });
    },
    is_valid_utf8: (...args) => {
      const at = utf8ErrorAt(checkBytes(args, 1));
      return at < 0 ? true : two(false, at + 1);
    },
    has_obscured_unicode: (...args) => obscured(checkBytes(args, 1)),
    get_text_quality: (...args) => record(textQuality(bytesOf(args, 1) ?? '')),
  };
}
const folded = (bytes: string): string => decodeText(bytes).toLowerCase();

function countCharacters(bytes: string): number {
  let count = 0;
  for (const _ of characters(bytes)) count++;
  return count;
}

/** rspamd: src/lua/lua_util.c:lua_util_is_uppercase */
function isUppercase(bytes: string): boolean {
  let hasUpper = false;
  for (const { code } of characters(bytes)) {
    if (code < 0) break;
    const char = String.fromCodePoint(code);
    if (/\p{Lu}/u.test(char)) hasUpper = true;
    else if (/[\p{Ll}\p{Lo}]/u.test(char)) return false;
  }
  return hasUpper;
}

function isMixedScript(bytes: string): boolean {
  let first: string | undefined;
  for (const { code } of characters(bytes)) {
    if (code < 0) throw runtimeError('passed string is not valid utf');
    const script = scriptOf(String.fromCodePoint(code));
    if (script === undefined) continue;
    if (first !== undefined && first !== script) return true;
    first = script;
  }
  return false;
}

/** Characters that show nothing or turn the direction of a text (rspamd: src/libutil/str_util.h:IS_OBSCURED_CHAR). */
const isObscured = (code: number): boolean =>
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202f) ||
  (code >= 0x205f && code <= 0x206f) ||
  code === 0xfeff;

function obscured(bytes: string): LuaResult {
  for (const { code, at } of characters(bytes)) if (isObscured(code)) return three(true, code, at);
  return false;
}
