import type { ReplyValue } from './value.ts';

/** A reply as the original writes it, number forms too (rspamd: contrib/libucl/ucl_emitter.c). */
export function replyJson(value: ReplyValue): string {
  if (value instanceof Map)
    return `{${[...value].map(([key, member]) => `${JSON.stringify(key)}:${replyJson(member)}`).join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(replyJson).join(',')}]`;
  if (typeof value === 'number') return double(value);
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** One decimal when whole and of C int size, else six; what is no number is 0.0. */
function double(value: number): string {
  if (!Number.isFinite(value)) return '0.0';
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? `${value}.0` : value.toFixed(6);
}
