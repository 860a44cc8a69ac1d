import type { Scanned, ScanSettings } from './scanner.ts';

/** Which of the two JSON shapes an endpoint answers with. */
export type ReplyShape = 'checkv2' | 'check';

/**
 * The reply body of a scan, keys and number forms as the original writes them
 * (rspamd: src/libserver/protocol.c:rspamd_protocol_write_ucl).
 */
export function replyJson(scanned: Scanned, settings: ScanSettings, shape: ReplyShape): string {
  return shape === 'checkv2' ? modern(scanned, settings) : old(scanned, settings);
}

function modern(scanned: Scanned, settings: ScanSettings): string {
  const { verdict } = scanned;
  return object([
    ...passthroughModule(scanned),
    ...head(scanned, settings),
    ['thresholds', object(verdict.limits.map(([action, limit]) => [action, double(limit)]))],
    ['symbols', object(symbols(scanned, true))],
    ['messages', object(messages(scanned))],
    ...tail(scanned),
  ]);
}

/** The form of the endpoints before /checkv2: the result is nested and symbols stand beside its keys. */
function old(scanned: Scanned, settings: ScanSettings): string {
  const { verdict } = scanned;
  const isSpam = verdict.action !== 'no action' && verdict.action !== 'greylist';
  const result: Field[] = [['is_spam', String(isSpam)], ...head(scanned, settings), ...symbols(scanned, false)];
  return object([['default', object(result)], ['messages', object(messages(scanned))], ...tail(scanned)]);
}

type Field = readonly [key: string, json: string];

function passthroughModule({ verdict }: Scanned): Field[] {
  return verdict.passthrough === undefined ? [] : [['passthrough_module', JSON.stringify(verdict.passthrough.module)]];
}

function head(scanned: Scanned, settings: ScanSettings): Field[] {
  const { verdict } = scanned;
  const fields: Field[] = [
    ['is_skipped', String(verdict.passthrough !== undefined && verdict.symbols.has('GTUBE'))],
    ['score', double(verdict.score)],
    ['required_score', double(verdict.requiredScore)],
    ['action', JSON.stringify(verdict.action)],
  ];
  if (verdict.action === 'rewrite subject')
    fields.push(['subject', JSON.stringify(rewrittenSubject(scanned, settings))]);
  return fields;
}

function symbols({ verdict }: Scanned, withMetric: boolean): Field[] {
  return [...verdict.symbols.values()].map((symbol): Field => {
    const fields: Field[] = [
      ['name', JSON.stringify(symbol.name)],
      ['score', double(symbol.score)],
    ];
    if (withMetric) fields.push(['metric_score', double(symbol.weight)]);
    if (symbol.description !== '') fields.push(['description', JSON.stringify(symbol.description)]);
    if (symbol.options.size > 0) fields.push(['options', JSON.stringify([...symbol.options])]);
    return [symbol.name, object(fields)];
  });
}

function messages({ verdict }: Scanned): Field[] {
  return verdict.passthrough === undefined ? [] : [['smtp_message', JSON.stringify(verdict.passthrough.message)]];
}

function tail({ message, seconds }: Scanned): Field[] {
  const id = message.header('Message-ID');
  const fields: Field[] = [];
  if (message.bytes.length > 0) fields.push(['message-id', JSON.stringify(id?.replace(/^<|>$/g, '') ?? 'undef')]);
  fields.push(['time_real', double(seconds)]);
  return fields;
}

/** RFC 2047 words where the subject is not plain ASCII. */
function rewrittenSubject({ message, verdict }: Scanned, settings: ScanSettings): string {
  const old = message.header('Subject') ?? '';
  const text = settings.subject.replace(/%([sd%])/g, (_, what: string) => {
    if (what === 's') return old;
    return what === 'd' ? verdict.score.toFixed(2) : '%';
  });
  return /^[\x20-\x7e]*$/.test(text) ? text : encodedWords(text);
}

/** At most 75 characters a word (RFC 2047, 2), never cutting a character in two. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let chunk = '';
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 45) {
      words.push(chunk);
      chunk = '';
    }
    chunk += character;
  }
  return [...words, chunk].map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}

function object(fields: readonly Field[]): string {
  return `{${fields.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

/** One decimal when whole and of C int size, else six; what is no number is 0.0 (contrib/libucl/ucl_emitter.c). */
function double(value: number): string {
  if (!Number.isFinite(value)) return '0.0';
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? `${value}.0` : value.toFixed(6);
}
