export { httpDate } from './date.ts';
export { HttpError } from './errors.ts';
export { hasToken, replyFraming, requestFraming } from './framing.ts';
export { type Head, parseHead } from './head.ts';
export { MessageReader, type ReaderLimits } from './reader.ts';
export { parseRequestLine, parseStatusLine, type RequestLine, type StatusLine } from './start-line.ts';
