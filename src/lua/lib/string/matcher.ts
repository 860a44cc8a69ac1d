import { runtimeError } from '../../runtime/errors.ts';
import { spend, tick } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import { captured, lengths, mostCaptures, POSITION, starts, UNFINISHED } from './captures.ts';
import { balance, isFrontier, NO, repeats } from './matching.ts';
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

const mostDepth = 200; // nested items, as LuaJIT limits them

let source = '';
let pattern: Pattern;
let level = 0;
let depth = 0;

/**
 * Matches a pattern at one place of a string, item by item.
 * @returns index behind the match, or -1
 */
export function interpret(text: string, compiled: Pattern, at: number): number {
  source = text;
  pattern = compiled;
  level = 0;
  depth = 0;
  const end = match(at, 0);
  captured.count = level;
  return end;
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
  const { kinds } = pattern;
  let at = start;
  let item = first;
  for (;;) {
    const kind = kinds[item] as number;
    if (kind <= SET) {
      const repeat = pattern.repeats[item] as number;
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
  for (let i = end; i >= least; i--) {
    const found = match(i, item + 1);
    if (found !== NO) return found;
  }
  return NO;
}

/** End of the longest run of bytes that an item matches. */
function longestRun(at: number, item: number): number {
  const { length } = source;
  if (pattern.kinds[item] === ANY) return length;
  let end = at;
  while (end < length && matchesOne(end, item)) end++;
  spend(end - at);
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
      return balance(source, at, pattern.first[item] as number, pattern.second[item] as number);
    case FRONTIER:
      return isFrontier(source, at, pattern.sets[item] as Uint8Array) ? at : NO;
    case BACK_REFERENCE:
      return backReference(at, (pattern.first[item] as number) - 1);
    default:
      throw runtimeError(pattern.mistakes[item] ?? 'malformed pattern');
  }
}

function backReference(at: number, index: number): number {
  const length = lengths[index] as number;
  if (index < 0 || index >= level || length === UNFINISHED) throw runtimeError('invalid capture index');
  if (length === POSITION) return NO; // its length counts as larger than anything
  return repeats(source, at, starts[index] as number, length);
}
