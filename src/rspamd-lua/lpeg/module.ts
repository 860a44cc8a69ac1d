import {
  argumentError,
  argumentTypeError,
  call,
  checkInteger,
  checkString,
  type LuaResult,
  LuaTable,
  type LuaValue,
  optionalInteger,
  resultList,
  runtimeError,
  several,
  typeName,
  Userdata,
} from '../../lua/index.ts';
import { type ClassDefinition, classMetatable, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { bytesOf } from '../text/text.ts';
import type { World } from '../world.ts';
import { type CaptureKind, Evaluation } from './captures.ts';
import { makeGrammar } from './grammar.ts';
import {
  AnyCharacters,
  Capturing,
  CharacterSet,
  Choice,
  Decided,
  Literal,
  LookAhead,
  LookBehind,
  Match,
  Never,
  Pattern,
  Repetition,
  RuleCall,
  Sequence,
} from './pattern.ts';

/** Patterns in Lua's hands; their methods are the functions of the module. */
const patternClass: ClassDefinition<Pattern> = {
  name: 'lpeg-pattern',
  constructor: Pattern,
  methods: () => ({}),
  operators: (world) => {
    const pattern = (args: readonly LuaValue[], index: number): Pattern => toPattern(args, index);
    const give = (made: Pattern): Userdata => wrap(world, patternClass, made);
    return {
      __mul: (...args) => give(new Sequence(pattern(args, 1), pattern(args, 2))),
      __add: (...args) => give(new Choice(pattern(args, 1), pattern(args, 2))),
      __sub: (...args) => {
        const [first, second] = [pattern(args, 1), pattern(args, 2)];
        return give(without(first, second) ?? new Sequence(new LookAhead(second, true), first));
      },
      __unm: (...args) => give(new LookAhead(pattern(args, 1), true)),
      __len: (...args) => give(new LookAhead(pattern(args, 1), false)),
      __pow: (...args) => give(repeated(pattern(args, 1), checkInteger(args, 2))),
      __div: (...args) => give(divided(pattern(args, 1), args)),
    };
  },
};

/** The module `lpeg` 1.0 (http://www.inf.puc-rio.br/~roberto/lpeg/). */
export function lpegModule(world: World): LuaTable {
  const give = (pattern: Pattern): Userdata => wrap(world, patternClass, pattern);
  const capturing =
    (kind: CaptureKind) =>
    (...args: LuaValue[]): LuaResult =>
      give(new Capturing(kind, toPattern(args, 1), undefined));
  const table = moduleTable({
    match: (...args) => match(args),
    type: (value) => (value instanceof Userdata && value.value instanceof Pattern ? 'pattern' : undefined),
    version: () => '1.0.0',
    setmaxstack: () => undefined,
    P: (...args) => {
      const [value] = args;
      return value instanceof Userdata && value.value instanceof Pattern ? value : give(toPattern(args, 1));
    },
    S: (...args) => {
      const members = new Uint8Array(256);
      for (const char of checkString(args, 1)) members[char.charCodeAt(0)] = 1;
      return give(new CharacterSet(members));
    },
    R: (...args) => {
      const members = new Uint8Array(256);
      for (let i = 1; i <= args.length; i++) {
        const range = checkString(args, i);
        if (range.length !== 2) throw argumentError(i, 'range must have two characters');
        members.fill(1, range.charCodeAt(0), range.charCodeAt(1) + 1);
      }
      return give(new CharacterSet(members));
    },
    V: (...args) => {
      if (args[0] === undefined) throw argumentError(1, 'non-nil value expected');
      return give(new RuleCall(args[0]));
    },
    B: (...args) => {
      const body = toPattern(args, 1);
      if (body.fixedLength === undefined) throw argumentError(1, 'pattern may not have fixed length');
      if (hasCaptures(body)) throw argumentError(1, 'pattern have captures');
      return give(new LookBehind(body, body.fixedLength));
    },
    C: capturing('simple'),
    Cs: capturing('substitution'),
    Ct: capturing('table'),
    Cp: () => give(new Capturing('position', new Literal(''), undefined)),
    Cc: (...values) => give(new Capturing('constant', new Literal(''), values)),
    Carg: (...args) => {
      const index = checkInteger(args, 1);
      if (index < 1 || index > 65_535) throw argumentError(1, 'invalid argument index');
      return give(new Capturing('argument', new Literal(''), index));
    },
    Cb: (...args) => {
      if (args[0] === undefined) throw argumentError(1, 'non-nil value expected');
      return give(new Capturing('backReference', new Literal(''), args[0]));
    },
    Cg: (...args) => give(new Capturing('group', toPattern(args, 1), args[1])),
    Cf: (...args) => {
      if (typeof args[1] !== 'function') throw argumentTypeError(args, 2, 'function');
      return give(new Capturing('fold', toPattern(args, 1), args[1]));
    },
    Cmt: (...args) => {
      if (typeof args[1] !== 'function') throw argumentTypeError(args, 2, 'function');
      return give(decided(toPattern(args, 1), args[1]));
    },
    locale: (given) => {
      const target = given instanceof LuaTable ? given : new LuaTable();
      for (const [name, expression] of classes) target.set(name, give(setOf(expression)));
      return target;
    },
  });
  const meta = classMetatable(world, patternClass);
  meta.set('__index', table);
  return table;
}

/** Classes of characters as the C locale has them. */
const classes: readonly (readonly [string, RegExp])[] = [
  ['alnum', /[0-9A-Za-z]/],
  ['alpha', /[A-Za-z]/],
  ['cntrl', /[\0-\x1f\x7f]/],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[\t-\r ]/],
  ['upper', /[A-Z]/],
  ['xdigit', /[0-9A-Fa-f]/],
];

function setOf(expression: RegExp): CharacterSet {
  return new CharacterSet(
    Uint8Array.from({ length: 256 }, (_, code) => (expression.test(String.fromCharCode(code)) ? 1 : 0)),
  );
}

/** What a value means as a pattern (LPeg: lptree.c:getpatt). @param index from 1 */
function toPattern(args: readonly LuaValue[], index: number): Pattern {
  const pattern = valuePattern(args[index - 1]);
  if (pattern === undefined) throw argumentTypeError(args, index, 'lpeg-pattern');
  return pattern;
}

function valuePattern(value: LuaValue): Pattern | undefined {
  if (value instanceof Userdata && value.value instanceof Pattern) return value.value;
  if (typeof value === 'string') return new Literal(value);
  if (typeof value === 'boolean') return value ? new Literal('') : new Never();
  if (typeof value === 'function') return decided(new Literal(''), value);
  if (value instanceof LuaTable) return makeGrammar(value, valuePattern);
  if (typeof value !== 'number') return undefined;
  const count = Math.trunc(value);
  return count >= 0 ? new AnyCharacters(count) : new LookAhead(new AnyCharacters(-count), true);
}

/** A set of characters without those of another, where both are sets. */
function without(first: Pattern, second: Pattern): Pattern | undefined {
  if (!(first instanceof CharacterSet) || !(second instanceof CharacterSet)) return undefined;
  return new CharacterSet(first.members.map((one, i) => (second.members[i] === 1 ? 0 : one)));
}

function repeated(body: Pattern, count: number): Pattern {
  if (count < 0) return new Repetition(body, 0, -count);
  if (body.isNullable) throw runtimeError('loop body may accept empty string');
  return new Repetition(body, count, Number.POSITIVE_INFINITY);
}

function divided(body: Pattern, args: readonly LuaValue[]): Pattern {
  const value = args[1];
  if (typeof value === 'string') return new Capturing('text', body, value);
  if (typeof value === 'function') return new Capturing('function', body, value);
  if (value instanceof LuaTable) return new Capturing('query', body, value);
  if (typeof value !== 'number') throw argumentError(2, 'invalid replacement value');
  const index = Math.trunc(value);
  if (index < 0 || index > 65_535) throw argumentError(1, 'invalid number');
  return new Capturing('number', body, index);
}

function hasCaptures(pattern: Pattern): boolean {
  return pattern instanceof Capturing || pattern instanceof Decided || pattern.parts.some(hasCaptures);
}

/** rspamd: contrib/lua-lpeg/lpcap.c:runtimecap */
function decided(body: Pattern, fn: LuaValue): Pattern {
  return new Decided(body, (state, start, end, inner) => {
    const nested = new Evaluation(state.subject, state.extra).nested(inner, state.captures, start, end);
    const [verdict, ...values] = resultList(call(fn, state.subject, end + 1, ...nested));
    if (verdict === undefined || verdict === false) return -1;
    let at = end;
    if (typeof verdict === 'number') {
      at = Math.trunc(verdict) - 1;
      if (at < end || at > state.subject.length) {
        throw runtimeError('invalid position returned by match-time capture');
      }
    } else if (verdict !== true) {
      throw runtimeError(`invalid return value from match-time capture (${typeName(verdict)})`);
    }
    if (values.length > 0) state.captures.push({ kind: 'values', value: values, start, end: at, inner: [] });
    return at;
  });
}

function match(args: readonly LuaValue[]): LuaResult {
  const pattern = toPattern(args, 1);
  const subject = bytesOf(args, 2);
  if (subject === undefined)
    throw runtimeError(`invalid argument: ${args.length < 2 ? 'no value' : typeName(args[1])}`);
  const state = new Match(subject, args.slice(3));
  const end = pattern.match(state, startOf(optionalInteger(args, 3, 1), subject.length));
  if (end < 0) return undefined;
  const values = new Evaluation(subject, state.extra).all(state.captures);
  return values.length === 0 ? end + 1 : several(values);
}

function startOf(position: number, length: number): number {
  if (position > 0) return Math.min(position - 1, length);
  return Math.max(0, length + position);
}
