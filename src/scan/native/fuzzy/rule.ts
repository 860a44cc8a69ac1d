import type { Logger } from '../../../message/log.ts';
import type { Rule, SymbolSpec } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { extensionsOf } from './extensions.ts';
import { type HashKind, hashesOf, type PartHash } from './hashes.ts';
import type { FuzzyRuleSettings, FuzzySettings, ReadingRule } from './settings.ts';
import type { Shingler } from './shingles.ts';
import type { FuzzyStorage } from './storage.ts';
import type { FuzzyReply } from './wire.ts';

/** What storages say where a hash is not looked for at all (rspamd: src/plugins/fuzzy_check.c:fuzzy_check_try_read). */
const refusals: ReadonlyMap<number, readonly [symbol: string, description: string]> = new Map([
  [403, ['FUZZY_RATELIMITED', 'Fuzzy rate limit is reached']],
  [503, ['FUZZY_FORBIDDEN', 'Fuzzy access denied']],
  [415, ['FUZZY_ENCRYPTION_REQUIRED', 'Fuzzy encryption is required by a server']],
]);

/** Kinds of hashes, as the options of symbols name them. */
type Kind = 'txt' | 'html' | 'htmld' | 'img' | 'bin';

const kinds: Readonly<Record<HashKind, Kind>> = {
  text: 'txt',
  html: 'html',
  htmlDomains: 'htmld',
  image: 'img',
  other: 'bin',
};

/** A hash that the storage has. */
interface Found {
  readonly symbol: string;
  readonly weight: number;
  readonly probability: number;
  readonly kind: Kind;
  readonly option: string;
  readonly match: FuzzyMatch;
  /** For the log. */
  readonly note: string;
}

/** A hash that a storage has, for those who tell of it. */
export interface FuzzyMatch {
  readonly rule: string;
  readonly flag: number;
  readonly probability: number;
  /** Hexadecimal: of the storage, and of the message. */
  readonly found: string;
  readonly asked: string;
  /** Seconds since the epoch; 0 where the storage does not say. */
  readonly added: number;
}

export const fuzzyMatches = new TaskKey<readonly FuzzyMatch[]>('fuzzy matches');

/** What a rule asks with. */
export interface FuzzyClient {
  readonly storage: FuzzyStorage;
  readonly shingler: Promise<Shingler>;
}

/** What a storage may be told of. */
const authentication = ['SPF_CHECK', 'DKIM_CHECK', 'DMARC_CHECK', 'HFILTER_CHECK'];

/** Asks fuzzy storages for what the message consists of. */
export function fuzzyRule(
  { rules, whitelist }: FuzzySettings,
  clientOf: (rule: ReadingRule) => FuzzyClient,
  logger: Logger,
): Rule {
  const reading = rules.filter((rule): rule is ReadingRule => rule.read !== undefined);
  const shares = reading.some(({ share, readKey }) => share && readKey !== undefined);
  return {
    name: 'FUZZY_CALLBACK',
    stage: 'filter',
    flags: ['fine'],
    after: ['MIME_TYPES_CALLBACK', ...(shares ? authentication : [])],
    symbols: symbolsOf(rules),
    condition: ({ ip }) => ip === undefined || whitelist?.(ip) !== true,
    run: async (task) => {
      await Promise.all(reading.map((rule) => check(task, rule, clientOf(rule), logger)));
    },
  };
}

function symbolsOf(rules: readonly FuzzyRuleSettings[]): Record<string, SymbolSpec> {
  const groups = ['fuzzy'];
  const symbols: Record<string, SymbolSpec> = {};
  for (const [symbol, description] of refusals.values()) symbols[symbol] = { groups, description, oneShot: true };
  for (const { symbol, flags } of rules)
    for (const name of [symbol, ...[...flags.values()].map((flag) => flag.symbol)])
      symbols[name] = { groups, oneShot: true };
  return symbols;
}

async function check(
  task: Task,
  rule: FuzzyRuleSettings,
  { storage, shingler }: FuzzyClient,
  logger: Logger,
): Promise<void> {
  const hashes = hashesOf(task, rule, await shingler);
  if (hashes.length === 0) return;
  const extensions = rule.share && rule.readKey !== undefined ? extensionsOf(task) : undefined;
  const queries = hashes.map(({ digest, shingles }) => ({ digest, shingles, extensions }));
  const { replies, failure } = await storage.ask(queries, task.deadline);
  if (failure !== undefined)
    logger.log('warning', 'fuzzy_check', 'fuzzy_check_timer_callback', task.id, `rule ${rule.name}: ${failure}`);
  const found: Found[] = [];
  for (const [at, reply] of replies.entries()) {
    const hash = hashes[at];
    if (reply === undefined || hash === undefined) continue;
    if (reply.probability > 0.5) found.push(...hitsOf(reply, hash, rule));
    else refuse(task, reply.value, rule);
  }
  task.set(fuzzyMatches, [...(task.get(fuzzyMatches) ?? []), ...found.map(({ match }) => match)]);
  for (const { note } of found) logger.log('notice', 'fuzzy_check', 'fuzzy_insert_result', task.id, note);
  insert(task, found, rule);
}

function refuse(task: Task, code: number, rule: FuzzyRuleSettings): void {
  const [symbol] = refusals.get(code) ?? [];
  if (symbol !== undefined) task.insert(symbol, 1, [rule.name]);
}

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_insert_result. */
function hitsOf(reply: FuzzyReply, hash: PartHash, rule: FuzzyRuleSettings): Found[] {
  if (rule.skipped?.(hash.digest.toString('hex')) === true) return [];
  return [{ flag: reply.flag, value: reply.value }, ...reply.more].flatMap(({ flag, value }) => {
    const known = rule.flags.get(flag);
    if (known === undefined && rule.skipUnknown) return [];
    const { symbol, hitsLimit } = known ?? rule;
    const { probability } = reply;
    const kind = hash.kind === 'text' && hash.shingles === undefined ? 'bin' : kinds[hash.kind];
    const weight = ofHits(value, hitsLimit) * ofProbability(probability, hash, rule);
    const short = (digest: Buffer): string => digest.toString('hex', 0, 5);
    const asked = reply.digest.equals(hash.digest) ? '' : `:${short(hash.digest)}`;
    const option = `${flag}:${short(reply.digest)}:${rounded(probability)}:${kind}${asked}`;
    const list = `${symbol}:${flag}${known === undefined ? '(unknown)' : ''}`;
    const match = {
      rule: rule.name,
      flag,
      probability,
      found: reply.digest.toString('hex'),
      asked: hash.digest.toString('hex'),
      added: reply.added,
    };
    return [{ symbol, weight, probability, kind, option, match, note: noteOf(match, kind, weight, list) }];
  });
}

/** As Rspamd words it. */
function noteOf({ found, asked, probability, added }: FuzzyMatch, kind: Kind, weight: number, list: string): string {
  const isExact = found === asked;
  const what = `${isExact ? 'exact ' : ''}fuzzy hash(${kind}) ${found}${isExact ? '' : ` (${asked} requested)`}`;
  const likeness = `weight: ${weight.toFixed(2)}, probability ${rounded(probability)}`;
  return `found ${what} with ${likeness}, in list: ${list}; added on ${timeOf(added)}`;
}

/** `22.11.2026 11:59:00 GMT` */
function timeOf(seconds: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(seconds * 1000).toISOString()) ?? [];
  return `${day}.${month}.${year} ${time} GMT`;
}

/** Two digits, rounded half up (rspamd: src/libutil/fpconv_format.c). */
function rounded(probability: number): string {
  return (Math.round(probability * 100) / 100).toFixed(2);
}

/** rspamd: src/plugins/fuzzy_check.c:fuzzy_normalize. */
function ofHits(hits: number, limit: number): number {
  return limit === 0 ? 0 : Math.tanh((Math.E * hits) / limit);
}

/** Images of some size are counted whole (rspamd: short_image_limit). */
const largeImage = 32 * 1024;

function ofProbability(probability: number, { kind, part }: PartHash, rule: FuzzyRuleSettings): number {
  if (kind === 'image') return part.content.length <= largeImage ? overBias(probability, 0.5) : 1;
  const weight = overBias(probability, rule.probabilityBias) ** rule.probabilityPower;
  return kind === 'html' || kind === 'htmlDomains' ? weight * (rule.html?.weight ?? 1) : weight;
}

function overBias(probability: number, bias: number): number {
  return Math.min(1, Math.max(0, (probability - bias) / (1 - bias)));
}

/** Texts of so many characters are long: an image beside them says less (rspamd: text_length_cutoff). */
const longText = 25;

/** Text and images speak for each other (rspamd: src/plugins/fuzzy_check.c:fuzzy_insert_metric_results). */
function insert(task: Task, found: readonly Found[], rule: FuzzyRuleSettings): void {
  const textProbability = Math.max(0, ...found.filter(({ kind }) => kind === 'txt').map((hit) => hit.probability));
  const texts = task.message.textParts.filter((text) => !text.isEmpty && text.words.length > 0);
  const alone = texts.length === 0 ? 1 : texts.some(({ oneLine }) => oneLine.length > longText) ? 0.25 : 0.9;
  const ofImage = textProbability === 0 ? alone : textProbability < 0.75 ? textProbability : 1;
  const ofText = found.some(({ kind }) => kind === 'img') ? 1.1 : 1;
  for (const { symbol, weight, kind, option } of found) {
    const whole = weight * (kind === 'img' ? ofImage : kind === 'txt' ? ofText : 1);
    if (whole >= rule.weightThreshold) task.insert(symbol, whole, [option]);
  }
}
