import type { Random } from './random.ts';

/** Names that a piece of a program may use. */
export interface Names {
  readonly variables: readonly string[];
  readonly isVararg: boolean;
}

const numerals = [
  '0',
  '1',
  '2',
  '3',
  '7',
  '10',
  '-1',
  '0.5',
  '1e3',
  '0x10',
  '1e15',
  '123456789012',
  '-0.0',
  '2^53',
  '1/0',
  '0/0',
  '.25',
  '100',
];
const strings = [
  '""',
  '"a"',
  '"abc"',
  '"10"',
  '"0x1F"',
  '" 5 "',
  '"1e2"',
  '"x y"',
  "'\\n'",
  '"\\0"',
  '"Z"',
  '"\\200"',
  '[[long]]',
];

export function literal(r: Random): string {
  const kind = r.int(0, 9);
  if (kind < 4) return r.pick(numerals);
  if (kind < 7) return r.pick(strings);
  return r.pick(['nil', 'true', 'false', '{}', '{1,2,3}', '{x=1,y="s"}']);
}

const arithmetic = ['+', '-', '*', '/', '%', '^'];
const comparisons = ['<', '>', '<=', '>=', '==', '~='];

const calls = [
  'type',
  'tostring',
  'tonumber',
  'math.floor',
  'math.abs',
  'math.max',
  'math.min',
  'string.len',
  'string.upper',
  'string.sub',
  'string.rep',
  'select',
  'rawequal',
  'rawget',
  'unpack',
  'pcall',
  'ident',
  'two',
  'none',
  'up',
];
const methods = ['len', 'sub', 'upper', 'byte', 'rep', 'reverse', 'find', 'nope'];

/** A random expression of some depth. Operands are often of the wrong type: messages are compared, too. */
export function expression(r: Random, names: Names, depth: number): string {
  if (depth <= 0 || r.chance(0.12)) return atom(r, names);
  const sub = (): string => expression(r, names, depth - 1);
  switch (r.int(0, 13)) {
    case 0:
    case 1:
    case 2:
      return `${sub()} ${r.pick(arithmetic)} ${sub()}`;
    case 3:
      return `(${sub()}) ${r.pick(comparisons)} (${sub()})`;
    case 4:
      return `${sub()} .. ${sub()}`;
    case 5:
    case 6:
      return `(${sub()} ${r.pick(['and', 'or'])} ${sub()})`;
    case 7:
      return `${r.pick(['not ', '-', '#', '- -', 'not not '])}${atom(r, names)}`;
    case 8:
      return `(${sub()})`;
    case 9:
      return call(r, sub);
    case 10:
      return `(${sub()}):${r.pick(methods)}(${r.list(0, 2, sub).join(', ')})`;
    case 11:
      return `(${sub()})${r.pick(['.x', '.y', '[1]', '["k"]', '.x.y', `[${sub()}]`])}`;
    case 12:
      return table(r, names, depth - 1);
    default:
      return `(function(...) ${r.pick(['return ...', `return ${sub()}`, `local q = ${sub()} return q`])} end)(${r.list(0, 2, sub).join(', ')})`;
  }
}

/** A call of a library function. LuaJIT's `math` reads old stack slots when an argument is missing. */
function call(r: Random, sub: () => string): string {
  const callee = r.pick(calls);
  return `${callee}(${r.list(callee.startsWith('math') ? 1 : 0, 3, sub).join(', ')})`;
}

export function atom(r: Random, names: Names): string {
  if (names.variables.length > 0 && r.chance(0.55)) return r.pick(names.variables);
  if (names.isVararg && r.chance(0.1)) return '(...)';
  if (r.chance(0.08)) return r.pick(['g1', 'g2', 't.x', 't.list', 'nothing']);
  return literal(r);
}

export function table(r: Random, names: Names, depth: number): string {
  const item = (): string => {
    const value = expression(r, names, depth);
    switch (r.int(0, 4)) {
      case 0:
        return `${r.pick(['x', 'y', 'k', 'n'])} = ${value}`;
      case 1:
        return `[${r.pick(['1', '2', '3', '"x"', 'true', '2.5', expression(r, names, depth - 1)])}] = ${value}`;
      default:
        return value;
    }
  };
  const tail = r.chance(0.2) ? [r.pick(['two()', 'none()', names.isVararg ? '...' : 'two()'])] : [];
  return `{${[...r.list(0, 4, item), ...tail].join(r.chance(0.2) ? ';' : ',')}}`;
}

/** What the expressions use. */
export const prelude = `
local t = {x = 1, y = "why", list = {1, 2, 3}}
local upvalue = 5
local function ident(...) return ... end
local function two() return 1, "b" end
local function none() end
local function up(x) upvalue = upvalue + 1 if x then return upvalue, x end return upvalue end
g1 = 10
g2 = "glob"
`;

/** Several expressions whose values, or first error, are compared. */
export function expressionProgram(r: Random): string {
  const variables = ['a', 'b', 'c', 't', 'upvalue'];
  const names: Names = { variables, isVararg: true };
  const declared = ['a', 'b', 'c'].map((name) => `local ${name} = ${literal(r)}`).join('\n');
  const lines = r.list(1, 4, () => {
    const value = expression(r, names, r.int(1, 4));
    return r.chance(0.3) ? value.replace(/ (?=[-+*/.<>=])/g, () => (r.chance(0.2) ? '\n' : ' ')) : value;
  });
  const protectedLines = lines.map((line) => `(function(...) return ${line} end)(1, nil, "v")`);
  if (r.chance(0.5)) return `${prelude}${declared}\nreturn ${protectedLines.join(',\n')}`;
  return `${prelude}${declared}
local out = {}
local function try(f, ...) local r = {pcall(f, ...)} out[#out + 1] = show(unpack(r, 1, table.maxn(r))) end
${lines.map((line) => `try(function(...) return ${line} end, 1, nil, "v")`).join('\n')}
return table.concat(out, "\\n"), upvalue`;
}
