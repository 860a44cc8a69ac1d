import { type ReplyObject, type ReplyValue, replyJson } from '../../scan/index.ts';
import { Double, encodeMsgpack, type MsgpackInput } from '../../wire/msgpack/index.ts';
import type { ReplyFormat } from './job.ts';

export function encodeReply(reply: ReplyObject, format: ReplyFormat): Buffer {
  return format === 'json' ? Buffer.from(replyJson(reply)) : encodeMsgpack(packed(reply));
}

function packed(value: ReplyValue): MsgpackInput {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, packed(member)]));
  if (Array.isArray(value)) return value.map(packed);
  return typeof value === 'number' ? new Double(Number.isFinite(value) ? value : 0) : (value as MsgpackInput);
}
