import { withoutTrailingBlanks } from './chunks.ts';

/** A filter as it is written: `name`, `name(parameters)` or `name parameters`. */
export interface FilterCall {
  readonly name: string;
  readonly parameters: string;
  /** Offset in the text of all filters. */
  readonly at: number;
}

/**
 * Takes an expression and its filters apart. The first `|` ends the expression, wherever it stands (rspamd:
 * contrib/lua-lupa/lupa.lua:eval).
 */
export function splitFilters(code: string): { expression: string; filters: string; filtersAt: number } {
  const bar = code.indexOf('|');
  if (bar === -1) return { expression: code, filters: '', filtersAt: code.length };
  return { expression: code.slice(0, bar), filters: code.slice(bar + 1), filtersAt: bar + 1 };
}

/** The filters of a chain. A `|` within a filter's parentheses belongs to it (rspamd: lupa.lua:each_filter). */
export function eachFilter(filters: string): FilterCall[] {
  const calls: FilterCall[] = [];
  for (let at = 0; at < filters.length; ) {
    const start = skipBars(filters, at);
    if (start >= filters.length) break;
    const end = filterEnd(filters, start);
    calls.push({ ...callOf(filters.slice(start, end)), at: start });
    at = end + 1;
  }
  return calls;
}

function skipBars(filters: string, from: number): number {
  let at = from;
  while (at < filters.length && '| \t\n\v\f\r'.includes(filters.charAt(at))) at++;
  return at;
}

/** At the first `|` after the parentheses that begin before any `|`, or at the first `|` when there are none. */
function filterEnd(filters: string, start: number): number {
  const bar = filters.indexOf('|', start);
  const end = bar === -1 ? filters.length : bar;
  const open = filters.indexOf('(', start);
  if (open === -1 || open > end) return end;
  let depth = 0;
  for (let at = open; at < filters.length; at++) {
    if (filters.charAt(at) === '(') depth++;
    else if (filters.charAt(at) === ')' && --depth === 0) {
      const next = filters.indexOf('|', at);
      return next === -1 ? filters.length : next;
    }
  }
  return end;
}

function callOf(filter: string): { name: string; parameters: string } {
  const name = /^\w*/.exec(filter)?.[0] ?? '';
  let parameters = filter.slice(name.length).replace(/^\(/, '');
  parameters = withoutTrailingBlanks(parameters);
  if (parameters.endsWith(')')) parameters = parameters.slice(0, -1);
  return { name, parameters };
}
