export { httpDate } from './date.ts';
export { HttpError, type HttpFault, malformed } from './errors.ts';
export { type Framing, hasToken, replyFraming, requestFraming } from './framing.ts';
export { excerpt, type Head, headText, parseHead } from './head.ts';
export { MessageReader, type ReaderLimits } from './reader.ts';
export { parseRequestLine, parseStatusLine, type RequestLine, type StatusLine } from './start-line.ts';
export { ByteStore } from './store.ts';
