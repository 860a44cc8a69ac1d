import type { Compared } from '../message/comparison.ts';

/** What upstream and mirrors made of one message. */
export interface RecordedMessage {
  /** Session id, where the record has one. */
  readonly id: string | undefined;
  readonly results: ReadonlyMap<string, Compared>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Messages in a text: lines of the comparison log, or JSON of `{"master": …, "mirrors": {…}}` as scanners answered,
 * alone, in a list or as `{"calls": […]}`.
 *
 * @throws Error that says which record cannot be understood, and why
 */
export function readRecords(content: string): RecordedMessage[] {
  const found = wholeJson(content) ?? jsonLines(content);
  const messages = found.flatMap((one) => {
    const calls = isFields(one) && Array.isArray(one['calls']) ? one['calls'] : one;
    return Array.isArray(calls) ? calls : [calls];
  });
  if (messages.length === 0) throw new Error('there is no message in it');
  return messages.map((message, index) => recordOf(message, index + 1));
}

function wholeJson(content: string): unknown[] | undefined {
  try {
    return [JSON.parse(content)];
  } catch {
    return undefined;
  }
}

function jsonLines(content: string): unknown[] {
  return content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch (cause) {
      throw new Error(`line ${index + 1} is not JSON: ${(cause as Error).message}`);
    }
  });
}

function recordOf(message: unknown, number: number): RecordedMessage {
  const mirrors = isFields(message) ? (message['mirrors'] ?? {}) : undefined;
  if (!isFields(message) || !isFields(message['master']) || !isFields(mirrors)) {
    throw new Error(`message ${number} is not {"master": {…}, "mirrors": {…}}`);
  }
  const { id, master } = message;
  // Only the log has the time that each of them took.
  const fromLog = isFields(master) && typeof master['ms'] === 'number' && typeof id === 'string';
  const results = Object.entries({ master, ...mirrors }).map(([name, one]): [string, Compared] => {
    const value = fromLog ? resultOf(one, message['message_id']) : one;
    return [name, typeof value === 'string' ? value : { value, encoding: 'utf8' }];
  });
  return { id: typeof id === 'string' ? id : undefined, results: new Map(results) };
}

/** What the log kept of a result, in the form that scanners answer in. */
function resultOf(one: unknown, messageId: unknown): unknown {
  if (!isFields(one)) return one;
  if (typeof one['error'] === 'string') return one['error'];
  const { action, score, ms, symbols } = one;
  const named = Object.entries(isFields(symbols) ? symbols : {}).map(([name, points]) => [
    name,
    { name, score: points },
  ]);
  return {
    ...(action !== null && { action }),
    ...(score !== null && { score }),
    symbols: Object.fromEntries(named),
    ...(typeof messageId === 'string' && { 'message-id': messageId }),
    ...(typeof ms === 'number' && { time_real: ms / 1000 }),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
