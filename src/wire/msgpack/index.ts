/** msgpack as Rspamd writes and reads it. */
export { decodeMsgpack, defaultLimits, type MsgpackLimits } from './decode.ts';
export { encodeMsgpack } from './encode.ts';
export {
  Double,
  MsgpackError,
  type MsgpackErrorKind,
  type MsgpackInput,
  type MsgpackValue,
  type TextEncoding,
} from './value.ts';
