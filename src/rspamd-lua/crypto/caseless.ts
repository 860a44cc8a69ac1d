import { lowerAscii } from '../text/text.ts';
import { t1ha1 } from './t1ha.ts';

/** A hash that does not look at the case of ASCII letters (rspamd: src/libutil/str_util.c:rspamd_icase_hash). */
export function caselessHash(text: string, seed: bigint): bigint {
  const bytes = Buffer.from(lowerAscii(text), 'latin1');
  const whole = bytes.length - (bytes.length % 8);
  let hash = BigInt.asUintN(64, seed);
  for (let at = 0; at < whole; at += 8) hash = t1ha1(bytes.readBigUInt64LE(at), hash);
  const last = Buffer.alloc(8);
  // the original fills the last word from its end
  Buffer.from(bytes.subarray(whole)).reverse().copy(last);
  return t1ha1(last.readBigUInt64LE(), hash);
}
