import { checkNumber, LuaTable, runtimeError, toNumber } from '../../lua/index.ts';
import { decimal } from '../../ucl/index.ts';
import type { Functions } from '../modules.ts';
import { pairs } from '../tables.ts';
import { pack, packSize, unpack } from './pack.ts';

/** Functions of `rspamd_util` about numbers. */
export const numberFunctions: Functions = {
  tanh: (...args) => Math.tanh(checkNumber(args, 1)),
  normalize_prob: (...args) => {
    const bias = typeof args[1] === 'number' ? args[1] : 0.5;
    return (((toNumber(args[0]) ?? 0) - bias) * 2) ** 8;
  },
  humanize_number: (...args) => humanize(Math.trunc(checkNumber(args, 1))),
  btc_polymod: (list) => {
    if (!(list instanceof LuaTable)) throw runtimeError('invalid arguments');
    return bech32Remainder([...pairs(list)].map(([, value]) => toNumber(value) ?? 0)) === 1n;
  },
  pack: (...args) => pack(args),
  unpack: (...args) => unpack(args),
  packsize: (...args) => packSize(args),
};

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** A number with a prefix and about three digits (rspamd: src/libutil/printf.c:rspamd_humanize_number). */
function humanize(value: number): string {
  const sign = value < 0 ? '-' : '';
  let left = Math.abs(value);
  let remainder = 0;
  let scale = 0;
  for (; scale < prefixes.length && left > 1000; scale++) {
    remainder = left % 1000;
    left = Math.floor(left / 1000);
  }
  const prefix = prefixes[scale] ?? '';
  if (remainder === 0 || left > 500) return `${sign}${left + Math.floor((remainder + 50) / 1000)}${prefix}`;
  return `${sign}${decimal(left + remainder / 1000, 2)}${prefix}`;
}

const generators = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];

/** Checksum of Bitcoin Cash addresses. */
function bech32Remainder(values: readonly number[]): bigint {
  let checksum = 1n;
  for (const value of values) {
    const top = checksum >> 35n;
    checksum = ((checksum & 0x07ffffffffn) << 5n) ^ BigInt(Math.trunc(value));
    for (const [bit, generator] of generators.entries()) if ((top >> BigInt(bit)) & 1n) checksum ^= generator;
  }
  return checksum;
}
