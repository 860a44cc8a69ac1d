import { createHash } from 'node:crypto';
import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single } from '../check.ts';
import { hasHeader } from '../values.ts';

/** Longer texts are cut (rspamd: option max_size of the regexp module). */
const longest = 1_000_000;

/** The subject, then every text as people see it. */
function* bodies({ message }: Task): Iterable<string> {
  const subject = message.subject;
  if (subject !== undefined) yield subject;
  for (const part of message.textParts) if (part.isUtf8) yield toText(part.oneLine.slice(0, longest));
}

/** Texts with tags and line ends. */
function* sources({ message }: Task): Iterable<string> {
  for (const part of message.textParts) if (part.isUtf8) yield part.source.slice(0, longest);
}

function some(texts: Iterable<string>, pattern: RegExp): boolean {
  for (const text of texts) if (pattern.test(text)) return true;
  return false;
}

const source = (name: string, score: number, description: string, pattern: RegExp): Rule =>
  check(name, single(score, 'HTML', description), (task) => some(sources(task), pattern));

const introduction =
  /\b(?:my name is\b|(?:i am|this is)\s+(?:mr|mrs|ms|miss|master|sir|prof(?:essor)?|d(?:octo)?r|rev(?:erend)?)(?:\.|\b))/i;

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** 25 bytes, the last four of which are a checksum of the others. */
function isBase58Address(word: string): boolean {
  let value = 0n;
  for (const character of word) value = value * 58n + BigInt(Math.max(0, base58.indexOf(character)));
  const bytes = Buffer.from(BigInt.asUintN(200, value).toString(16).padStart(50, '0'), 'hex');
  const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
  return sha256(sha256(bytes.subarray(0, 21)))
    .subarray(0, 4)
    .equals(bytes.subarray(21));
}

function valuesOf(text: string): number[] | undefined {
  const values = [...text].map((character) => bech32.indexOf(character));
  return values.every((value) => value >= 0) ? values : undefined;
}

/** BIP 173 */
function bech32Sum(values: readonly number[]): number {
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generators.forEach((generator, bit) => {
      if ((top >>> bit) & 1) sum ^= generator;
    });
  }
  return sum;
}

/** https://www.bitcoincash.org/spec/cashaddr.html */
function cashSum(values: readonly number[]): bigint {
  const generators = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];
  let sum = 1n;
  for (const value of values) {
    const top = sum >> 35n;
    sum = ((sum & 0x07ffffffffn) << 5n) ^ BigInt(value);
    generators.forEach((generator, bit) => {
      if ((top >> BigInt(bit)) & 1n) sum ^= generator;
    });
  }
  return sum ^ 1n;
}

function isSegwitAddress(word: string): boolean {
  const colon = word.indexOf(':');
  const address = word.slice(colon + 1);
  if (address.startsWith('bc1') || /^[13]/.test(address)) {
    const lower = address.toLowerCase();
    const one = lower.lastIndexOf('1');
    const data = valuesOf(lower.slice(one + 1));
    if (one < 0 || one + 8 > lower.length || data === undefined) return false;
    const codes = [...lower.slice(0, one)].map((character) => character.charCodeAt(0));
    return bech32Sum([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 0x1f), ...data]) === 1;
  }
  const data = valuesOf(address);
  if (data === undefined || data.length <= 8) return false;
  const prefix = colon >= 0 ? word.slice(0, colon) : 'bitcoincash';
  const codes = [...prefix].map((character) => character.charCodeAt(0) & 0x1f);
  return cashSum([...codes, 0, ...data]) === 0n;
}

const base58Address = /\b[13LM][1-9A-Za-z]{25,34}\b/g;
const segwitAddress = /\b(?:(?:[a-zA-Z]\w+:)|(?:bc1))?[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{14,}\b/g;

const bitcoin: Rule = {
  name: 'BITCOIN_ADDR',
  stage: 'filter',
  symbols: { BITCOIN_ADDR: single(0, 'scams', 'A purse of Bitcoin') },
  run: (task) => {
    for (const text of bodies(task)) {
      for (const [word] of text.matchAll(base58Address))
        if (isBase58Address(word)) task.insert('BITCOIN_ADDR', 1, [word]);
      for (const [word] of text.matchAll(segwitAddress))
        if (word.length <= 1024 && isSegwitAddress(word)) task.insert('BITCOIN_ADDR', 1, [word]);
    }
  },
};

const scamWords = [
  /^pass(?:word|phrase)?$/i,
  /^wallet$/,
  /victim|prey/,
  /webcam/,
  /mast[ur]{2}bati(?:on|ng)|onanism|solitary/,
];

function isScam(task: Task): boolean {
  if (!task.results.has('BITCOIN_ADDR')) return false;
  if (hasHeader(task, 'List-Unsubscribe', 'X-PHP-Originating-Script') || task.has('bad_unicode')) return true;
  const { textParts, allTexts, metaWords } = task.message;
  if (textParts.some(({ html }) => html?.has('data_urls') === true)) return true;
  return [...allTexts.flatMap(({ words }) => words), ...metaWords].some(({ normal }) =>
    scamWords.some((pattern) => pattern.test(normal)),
  );
}

/** 6 to 24 letters or digits, 12 to 36 with dashes, 6 to 24 without. */
const trackerId = /^[a-z0-9]{6,24}[-_a-z0-9]{12,36}[a-z0-9]{6,24}\s*$/is;

/** Longer ones are none. */
const longestTracker = 1024;

/** What texts say. */
export const patternRules: readonly Rule[] = [
  source(
    'HTML_META_REFRESH_URL',
    5,
    'The HTML leads somewhere else by itself',
    /<meta\s+http-equiv="refresh"\s+content="\d+\s*;\s*url=/i,
  ),
  source('HAS_DATA_URI', 0, 'There is data in a link', /data:[^/\s]{1,100}\/[^; ]{1,100};base64,/i),
  source('DATA_URI_OBFU', 2, 'There is text in a link', /data:text\/(?:plain|html);base64,/i),
  check('INTRODUCTION', single(2, 'scams', 'Somebody introduces himself'), (task) => some(bodies(task), introduction)),
  bitcoin,
  {
    ...check('LEAKED_PASSWORD_SCAM_RE', single(0, 'scams', 'A purse of Bitcoin, and words of extortion'), isScam),
    after: ['BITCOIN_ADDR'],
  },
  check(
    'TRACKER_ID',
    single(3.84, 'headers', 'The text is nothing but a string for tracking'),
    ({ message }) =>
      message.textParts.some(({ content }) => content.length <= longestTracker && trackerId.test(content)),
    ['mime'],
  ),
];
