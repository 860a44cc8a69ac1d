export type { GtubePatterns } from './checks/gtube.ts';
export {
  addHeaderAddresses,
  canonicalCharset,
  convertCharset,
  decodeBase64,
  decodeEntities,
  decodePercent,
  decodeQuotedPrintable,
  type EmailAddress,
  enforceUtf8,
  fromText,
  htmlText,
  isValidUtf8,
  lowerUtf8,
  normalise,
  type PublicSuffixes,
  parseContentType,
  parseMailDate,
  readKnowledge,
  readUtf8,
  toText,
  utf8ErrorAt,
  wordsOf,
} from './message/index.ts';
export { type ReplyShape, replyJson } from './reply.ts';
export { Scanner, type ScanSettings, stockSettings, stockThresholds } from './scanner.ts';
export type { Thresholds } from './verdict.ts';
