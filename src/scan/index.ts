export { unheededSections } from './builtin/index.ts';
export { ownDatagrams, portDatagrams, serveDatagrams } from './datagrams/index.ts';
export { type DnsSettings, fakesOfHosts, Resolver, readFakes, stockDnsSettings } from './dns/index.ts';
export type { DnsAnswer, DnsResolver, DnsType, TaskDns } from './dns-answer.ts';
export {
  type Expression,
  type ExpressionNode,
  evaluate as evaluateExpression,
  parseExpression,
} from './expression/index.ts';
export { Learner } from './learner.ts';
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
  findUrls,
  formatIp6,
  fromText,
  htmlText,
  isValidUtf8,
  type Knowledge,
  loadKnowledge,
  lowerUtf8,
  normalise,
  type PublicSuffixes,
  parseContentType,
  parseInetAddress,
  parseIp6,
  parseMailDate,
  readKnowledge,
  readUtf8,
  toText,
  Url,
  urlFlags,
  utf8ErrorAt,
  wordsOf,
} from './message/index.ts';
export type { Learned, StatClass } from './native/index.ts';
export {
  compileRegexp,
  PatternError,
  type Regexp as CompiledRegexp,
  Subject,
  takeApart as takeRegexpApart,
} from './regexp/index.ts';
export { type ReplyObject, type ReplyShape, type ReplyValue, replyJson, replyValue } from './reply/index.ts';
export type { LearnedMessages, Rule, Stage, SymbolSpec } from './rule.ts';
export {
  type RuleContext,
  type RuleSource,
  type ScanEnvironment,
  type ScanInput,
  type Scanned,
  Scanner,
} from './scanner.ts';
export { type ScanSpec, scanSpec } from './spec.ts';
export { type KnownSymbol, noScanCounts, type ScanCounts, ScanStatistics } from './statistics.ts';
export type { Task } from './task.ts';
