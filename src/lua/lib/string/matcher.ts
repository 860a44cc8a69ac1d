import { runtimeError } from '../../runtime/errors.ts';
import { tick } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import type { LuaValue } from '../../values/types.ts';
import {
  ANY,
  AT_END,
  BACK_REFERENCE,
  BALANCE,
  CLOSE,
  FINISH,
  FRONTIER,
  LAZY,
  LITERAL,
  ONCE,
  OPEN,
  OPEN_POSITION,
  OPTIONAL,
  type Pattern,
  PLUS,
  SET,
} from './pattern.ts';

const mostCaptures = 32;
const mostDepth = 200; // nested items, as LuaJIT limits them

const UNFINISHED = -1;
const POSITION = -2;
const NO = -1;

const starts = new Int32Array(mostCaptures);
const lengths = new Int32Array(mostCaptures);
let source = '';
let pattern: Pattern;
let level = 0;
let depth = 0;

/** Captures of the last match: how many there are. */
export const captureCount = (): number => level;

/**
 * Matches a pattern at one place of a string.
 * @returns index behind the match, or -1. Captures are read by `capture` until the next match.
 */
export function matchAt(text: string, compiled: Pattern, at: number): number {
  source = text;
  pattern = compiled;
  level = 0;
  depth = 0;
  return match(at, 0);
}

/** Whether one character class item matches the byte at an index inside the string. */
function matchesOne(index: number, item: number): boolean {
  const { kinds } = pattern;
  if (kinds[item] === LITERAL) return source.charCodeAt(index) === pattern.first[item];
  if (kinds[item] === ANY) return true;
  return (pattern.sets[item] as Uint8Array)[source.charCodeAt(index)] === 1;
}

function match(start: number, first: number): number {
  if (++depth > mostDepth) throw runtimeError('pattern too complex');
  if (--R.fuel < 0) tick();
  const { kinds, repeats } = pattern;
  let at = start;
  let item = first;
  for (;;) {
    const kind = kinds[item] as number;
    if (kind <= SET) {
      const repeat = repeats[item] as number;
      if (repeat === ONCE) {
        if (at >= source.length || !matchesOne(at, item)) break;
        at++;
        item++;
        continue;
      }
      if (repeat === OPTIONAL) {
        if (at < source.length && matchesOne(at, item)) {
          const end = match(at + 1, item + 1);
          if (end !== NO) return leave(end);
        }
        item++;
        continue;
      }
      return leave(repeated(at, item, repeat));
    }
    if (kind === FINISH) return leave(at);
    if (kind === AT_END) return leave(at === source.length ? at : NO);
    if (kind === OPEN) return leave(open(at, item + 1, UNFINISHED));
    if (kind === OPEN_POSITION) return leave(open(at, item + 1, POSITION));
    if (kind === CLOSE) return leave(close(at, item + 1));
    at = special(kind, at, item);
    if (at === NO) break;
    item++;
  }
  return leave(NO);
}

function leave(end: number): number {
  depth--;
  return end;
}

function repeated(at: number, item: number, repeat: number): number {
  if (repeat === LAZY) return expandLazily(at, item);
  const end = longestRun(at, item);
  const least = repeat === PLUS ? at + 1 : at;
  const next = item + 1;
  if (pattern.kinds[next] === FINISH) return end >= least ? end : NO;
  for (let i = end; i >= least; i--) {
    const found = match(i, next);
    if (found !== NO) return found;
  }
  return NO;
}

/** End of the longest run of bytes that an item matches. */
function longestRun(at: number, item: number): number {
  const { length } = source;
  const kind = pattern.kinds[item];
  let end = at;
  if (kind === SET) {
    const set = pattern.sets[item] as Uint8Array;
    while (end < length && set[source.charCodeAt(end)] === 1) end++;
  } else if (kind === LITERAL) {
    const c = pattern.first[item];
    while (end < length && source.charCodeAt(end) === c) end++;
  } else {
    end = length;
  }
  return end;
}

function expandLazily(start: number, item: number): number {
  let at = start;
  for (;;) {
    const found = match(at, item + 1);
    if (found !== NO) return found;
    if (at >= source.length || !matchesOne(at, item)) return NO;
    at++;
  }
}

function open(at: number, next: number, what: number): number {
  if (level >= mostCaptures) throw runtimeError('too many captures');
  starts[level] = at;
  lengths[level] = what;
  level++;
  const end = match(at, next);
  if (end === NO) level--;
  return end;
}

function close(at: number, next: number): number {
  let index = level - 1;
  while (index >= 0 && lengths[index] !== UNFINISHED) index--;
  if (index < 0) throw runtimeError('invalid pattern capture');
  lengths[index] = at - (starts[index] as number);
  const end = match(at, next);
  if (end === NO) lengths[index] = UNFINISHED;
  return end;
}

function special(kind: number, at: number, item: number): number {
  switch (kind) {
    case BALANCE:
      return balance(at, pattern.first[item] as number, pattern.second[item] as number);
    case FRONTIER: {
      const set = pattern.sets[item] as Uint8Array;
      const before = at === 0 ? 0 : source.charCodeAt(at - 1);
      const after = at === source.length ? 0 : source.charCodeAt(at);
      return set[before] === 0 && set[after] === 1 ? at : NO;
    }
    case BACK_REFERENCE:
      return backReference(at, (pattern.first[item] as number) - 1);
    default:
      throw runtimeError(pattern.mistakes[item] ?? 'malformed pattern');
  }
}

function balance(at: number, begin: number, end: number): number {
  if (source.charCodeAt(at) !== begin) return NO;
  let open = 1;
  for (let i = at + 1; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === end) {
      if (--open === 0) return i + 1;
    } else if (c === begin) {
      open++;
    }
  }
  return NO;
}

function backReference(at: number, index: number): number {
  const length = lengths[index] as number;
  if (index < 0 || index >= level || length === UNFINISHED) throw runtimeError('invalid capture index');
  if (length === POSITION) return NO; // its length counts as larger than anything
  const start = starts[index] as number;
  return source.startsWith(source.slice(start, start + length), at) ? at + length : NO;
}

/**
 * A capture of the last match.
 * @param index from 0; 0 is the whole match when the pattern has no captures
 */
export function capture(index: number, start: number, end: number): LuaValue {
  if (index >= level) {
    if (index !== 0) throw runtimeError('invalid capture index');
    return source.slice(start, end);
  }
  const length = lengths[index] as number;
  const from = starts[index] as number;
  if (length === UNFINISHED) throw runtimeError('unfinished capture');
  return length === POSITION ? from + 1 : source.slice(from, from + length);
}

/** All captures of the last match, or the whole match when there are none. */
export function captures(start: number, end: number): LuaValue[] {
  const list: LuaValue[] = [];
  const count = level === 0 ? 1 : level;
  for (let i = 0; i < count; i++) list.push(capture(i, start, end));
  return list;
}

/**
 * Finds the first match at or after an index.
 * @returns where it starts, or -1; `matchEnd` then tells where it ends
 */
export function search(text: string, compiled: Pattern, from: number): number {
  const { prefix } = compiled;
  if (compiled.isAnchored) {
    found = matchAt(text, compiled, from);
    return found === NO ? NO : from;
  }
  for (let at = from; at <= text.length; at++) {
    if (prefix !== '') {
      at = text.indexOf(prefix, at);
      if (at < 0) return NO;
    }
    found = matchAt(text, compiled, at);
    if (found !== NO) return at;
  }
  return NO;
}

let found = NO;
export const matchEnd = (): number => found;
