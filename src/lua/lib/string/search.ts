import { captured } from './captures.ts';
import { interpret } from './matcher.ts';
import { NO } from './matching.ts';
import type { Pattern } from './pattern.ts';
import { type CompiledPattern, compilePattern } from './pattern-code.ts';

const usesBeforeCompiling = 200;

const compiled = new WeakMap<Pattern, CompiledPattern | undefined>();

/** The compiled form of a pattern that has been used often enough. */
function compiledForm(pattern: Pattern): CompiledPattern | undefined {
  if (pattern.uses < usesBeforeCompiling) {
    pattern.uses++;
    return undefined;
  }
  if (!compiled.has(pattern)) compiled.set(pattern, compilePattern(pattern));
  return compiled.get(pattern);
}

let end = NO;

/** Index behind the match that `search` found last. */
export const matchEnd = (): number => end;

/**
 * Finds the first match at or after an index. Its captures are read by `capture` until the next search.
 * @returns where it starts, or -1; `matchEnd` then tells where it ends
 */
export function search(source: string, pattern: Pattern, from: number): number {
  const run = compiledForm(pattern);
  captured.source = source;
  if (pattern.isAnchored) {
    end = run === undefined ? interpret(source, pattern, from) : run(source, from);
    if (run !== undefined) captured.count = pattern.captures;
    return end === NO ? NO : from;
  }
  const { prefix, start, run: tried } = pattern;
  const { length } = source;
  for (let at = from; at <= length; at++) {
    if (start !== undefined) {
      while (at < length && start[source.charCodeAt(at)] === 0) at++;
    } else if (prefix !== '') {
      at = source.indexOf(prefix, at);
      if (at < 0) return NO;
    }
    end = run === undefined ? interpret(source, pattern, at) : run(source, at);
    if (end === NO) {
      if (tried !== undefined) while (tried[source.charCodeAt(at + 1)] === 1) at++;
      continue;
    }
    if (run !== undefined) captured.count = pattern.captures;
    return at;
  }
  return NO;
}
