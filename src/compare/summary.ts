import type { Compared } from '../message/comparison.ts';

/** What a comparison looks at in a result. Texts are for people: decoded, of limited length. */
export interface Summary {
  readonly action: string | undefined;
  readonly score: number | undefined;
  /** Score of each symbol; 0 where the result names none. */
  readonly symbols: ReadonlyMap<string, number>;
  /** Symbols beyond the limit, which are not looked at. */
  readonly leftOut: number;
  readonly messageId: string | undefined;
}

/** No scanner comes near; a line of the log stays of a size that can be read. */
const maxSymbols = 500;
const maxText = 200;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a result as `/checkv2` gives it, or the nested one of the endpoints before (rspamd: src/libserver/protocol.c).
 * What is missing or of another type is undefined.
 */
export function summarise({ value, encoding }: Exclude<Compared, string>): Summary {
  const text = (given: unknown): string | undefined => (typeof given === 'string' ? shown(given, encoding) : undefined);
  const whole = fieldsOf(value) ?? {};
  const metric = fieldsOf(whole['default']) ?? whole;
  const found = symbolsOf(metric);
  return {
    action: text(metric['action']),
    score: numberOf(metric['score']),
    symbols: new Map(found.slice(0, maxSymbols).map(([name, score]) => [shown(name, encoding), score])),
    leftOut: Math.max(0, found.length - maxSymbols),
    messageId: text(whole['message-id']),
  };
}

/** A text of a result as it is shown: a byte string decoded, bytes that are no UTF-8 replaced, the end cut off. */
export function shown(text: string, encoding: 'utf8' | 'latin1'): string {
  const decoded = encoding === 'utf8' ? text : Buffer.from(text, 'latin1').toString('utf8');
  return decoded.length > maxText ? `${decoded.slice(0, maxText)}…` : decoded;
}

/** In the old form symbols stand beside the other keys; they are the objects that have a name. */
function symbolsOf(metric: Fields): Array<readonly [name: string, score: number]> {
  const inside = fieldsOf(metric['symbols']);
  return Object.entries(inside ?? metric).flatMap(([name, given]) => {
    const symbol = fieldsOf(given);
    if (symbol === undefined || (inside === undefined && symbol['name'] !== name)) return [];
    return [[name, numberOf(symbol['score']) ?? 0] as const];
  });
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
