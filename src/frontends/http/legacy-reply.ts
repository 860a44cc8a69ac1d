import type { ScanReply, ScanResult } from '../../message/scan.ts';
import { twoDecimals } from './legacy-number.ts';

/**
 * The answer to `CHECK RSPAMC/1.3`, byte for byte as Rspamd's, but for the True or False of the first line
 * (rspamd: src/libserver/protocol.c:rspamd_ucl_torspamc_output). It ends with the connection.
 */
export function rspamcReply(result: ScanResult, encoding: ScanReply['encoding']): Buffer {
  const lines = [
    'RSPAMD/1.3 0 EX_OK',
    `Metric: default; ${spamWord(result)}; ${score(result, 'score')} / ${score(result, 'required_score')} / 0.0`,
    ...verdictLines(result),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`, encoding);
}

/** What led to the score. */
function verdictLines(result: ScanResult): string[] {
  const lines = [`Action: ${result.action}`];
  if (typeof result['subject'] === 'string') lines.push(`Subject: ${result['subject']}`);
  const symbols = objectsIn(result['symbols']);
  for (const [name, symbol] of symbols) lines.push(`Symbol: ${name}(${score(symbol, 'score')})`);
  for (const [name, symbol] of symbols) lines.push(`X-Symbol: ${name}(${score(symbol, 'score')})${details(symbol)}`);
  for (const text of Object.values(objectOf(result['messages']))) {
    if (typeof text === 'string') lines.push(`Message: ${text}`);
  }
  if (typeof result['message-id'] === 'string') lines.push(`Message-ID: ${result['message-id']}`);
  lines.push(...milterLines(result));
  return lines;
}

/** The answer to `CHECK SPAMC/1.5` (rspamd: src/libserver/protocol.c:rspamd_ucl_tospamc_output). */
export function spamcReply(result: ScanResult, encoding: ScanReply['encoding']): Buffer {
  const verdict = `Spam: ${spamWord(result)} ; ${score(result, 'score')} / ${score(result, 'required_score')}\r\n\r\n`;
  const names = objectsIn(result['symbols']).map(([name]) => name);
  const lines = [...(names.length === 0 ? [] : [names.join(',')]), ...milterLines(result)];
  const rest = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), encoding);
  // Counts what follows the empty line; where nothing does, the verdict itself, as in the original.
  const length = rest.length === 0 ? verdict.length : rest.length;
  return Buffer.concat([Buffer.from(`SPAMD/1.1 0 EX_OK\r\nContent-length: ${length}\r\n${verdict}`), rest]);
}

/**
 * The answer to `REPORT SPAMC/1.2`, which Rspamd does not know: what led to the score, in the lines that RSPAMC clients
 * get. Clients before version 1.3, Exim among them, read the score from the first line of the body (Exim: src/spam.c).
 *
 * @param form `onlySpam`: nothing is reported of a message that is no spam (`REPORT_IFSPAM`)
 */
export function spamcReport(
  result: ScanResult,
  encoding: ScanReply['encoding'],
  { minor, onlySpam }: { readonly minor: number; readonly onlySpam: boolean },
): Buffer {
  const [points, required] = [score(result, 'score'), score(result, 'required_score')];
  const word = spamWord(result);
  const lines = onlySpam && word === 'False' ? [] : verdictLines(result);
  const old = minor < 3;
  const report = [...(old ? [`${points}/${required}`] : []), ...lines].map((line) => `${line}\r\n`).join('');
  const body = Buffer.from(report, encoding);
  const verdict = old ? '' : `Spam: ${word} ; ${points} / ${required}\r\n`;
  return Buffer.concat([Buffer.from(`SPAMD/1.1 0 EX_OK\r\nContent-length: ${body.length}\r\n${verdict}\r\n`), body]);
}

/**
 * A failure. Exim looks for `0 EX_OK`, defers where it is missing and logs the text (Exim: src/spam.c:spam). spamc
 * takes a header that does not end for a fault of the connection: exit status 74 where it was asked for one (`-x`), else
 * its own fallback. With an empty line it would say 76, with a length it would take the rest for the message.
 */
export function legacyFailure(protocol: 'rspamc' | 'spamc', text: string): Buffer {
  const line = text.replace(/[\x00-\x1f\x7f]+/g, ' ');
  if (protocol === 'rspamc') return Buffer.from(`RSPAMD/1.3 75 EX_TEMPFAIL\r\nError: ${line}\r\n`);
  return Buffer.from(`SPAMD/1.1 75 EX_TEMPFAIL: ${line}\r\n`);
}

const spamActions = new Set(['reject', 'add header', 'rewrite subject', 'quarantine', 'discard']);

/**
 * Rspamd prints `is_spam`, which /checkv2 never sends: False for every mail. spamc makes its exit status of it, so it
 * is worked out here: an action against spam, or a score that reaches the threshold.
 */
function spamWord(result: ScanResult): 'True' | 'False' {
  if (typeof result['is_spam'] === 'boolean') return result['is_spam'] ? 'True' : 'False';
  if (spamActions.has(result.action)) return 'True';
  const [points, required] = [result['score'], result['required_score']];
  return typeof points === 'number' && typeof required === 'number' && points >= required ? 'True' : 'False';
}

type Plain = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Plain {
  return typeof value === 'object' && value !== null ? (value as Plain) : {};
}

/** The members of an object that are objects themselves. */
function objectsIn(value: unknown): Array<[name: string, member: Plain]> {
  return Object.entries(objectOf(value)).filter((entry): entry is [string, Plain] => isObject(entry[1]));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function score(of: Plain, key: string): string {
  const value = of[key];
  return twoDecimals(typeof value === 'number' ? value : 0);
}

function details(symbol: Plain): string {
  const { description, options } = symbol;
  const text = typeof description === 'string' ? `; ${description}` : '';
  if (!Array.isArray(options)) return text;
  return `${text} [${options.filter((option) => typeof option === 'string').join(', ')}]`;
}

/** The header edits of the `milter` block (rspamd: src/libserver/protocol.c:rspamd_ucl_output_milter_headers). */
function milterLines(result: ScanResult): string[] {
  const block = objectOf(result['milter'] ?? result['rmilter']);
  const added = Object.entries(objectOf(block['add_headers'])).flatMap(([name, given]) =>
    listOf(given)
      .filter(isObject)
      .map((one) => addLine(name, one as Plain)),
  );
  const removed = Object.entries(objectOf(block['remove_headers'])).flatMap(([name, given]) =>
    listOf(given)
      .filter(Number.isInteger)
      .map((which) => `X-Milter-Del: ${name}${which === 0 ? '' : `[${which}]`}`),
  );
  return [...added.filter((line) => line !== ''), ...removed];
}

function addLine(name: string, { value, order }: Plain): string {
  if (typeof value !== 'string') return '';
  const place = typeof order === 'number' && order >= 1 ? `[${Math.trunc(order)}]` : '';
  return `X-Milter-Add: ${name}${place}: ${value}`;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
