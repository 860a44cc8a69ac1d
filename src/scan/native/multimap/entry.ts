/** What an entry of a map says besides that it is there. */
export interface Entry {
  readonly symbol: string | undefined;
  readonly score: number;
  readonly options: readonly string[];
}

const word = '[A-Za-z0-9_]+';
const number = '[+-]?\\d+(?:\\.\\d+)?|[+-]\\.\\d+';
const grammar = new RegExp(`^(?:(${word}):(${number})(?::(${word}(?:,${word})*))?|(${number})|(${word}))`);

/**
 * `SYMBOL:score:option,option`, `SYMBOL:score`, a score or a symbol; what is behind them is passed over
 * (rspamd: src/plugins/lua/multimap.lua:parse_multimap_value).
 */
export function readEntry(text: string): Entry {
  const [, named, score, options, alone, symbol] = grammar.exec(text) ?? [];
  return { symbol: named ?? symbol, score: Number(score ?? alone ?? 1), options: options?.split(',') ?? [] };
}
