import type {
  ArithmeticOperator,
  BinaryExpression,
  ComparisonOperator,
  ConcatExpression,
  Expression,
  UnaryExpression,
} from '../syntax/ast.ts';
import { isArithmetic } from '../syntax/folding.ts';
import { ADD, DIV, eventNames, MOD, MUL, POW, SUB } from '../values/events.ts';
import { nameOf } from './names.ts';
import { inOrder, type Operand, objectOperand, operand } from './operands.ts';
import { isNumber } from './variables.ts';
import { type FunctionWriter, sequence } from './writer.ts';

const arithmeticEvents: Readonly<Record<ArithmeticOperator, number>> = {
  '+': ADD,
  '-': SUB,
  '*': MUL,
  '/': DIV,
  '%': MOD,
  '^': POW,
};

function compute(operator: ArithmeticOperator, a: string, b: string): string {
  if (operator === '%') return `${a}-Math.floor(${a}/${b})*${b}`;
  if (operator === '^') return b === '2' ? `${a}*${a}` : `power(${a},${b})`;
  return `${a}${operator}${b}`;
}

/** Test that operands are numbers; empty when they certainly are. */
function bothNumbers(w: FunctionWriter, left: [Operand, Expression], right: [Operand, Expression]): string {
  const tests = [left, right].filter(([, e]) => !isNumber(w, e)).map(([one]) => `typeof ${one.ref}==='number'`);
  return [...new Set(tests)].join('&&');
}

/** A binary operator with its operands in variables or constants. */
function apply(w: FunctionWriter, e: BinaryExpression, a: Operand, b: Operand): string {
  const numbers = bothNumbers(w, [a, e.left], [b, e.right]);
  if (isArithmetic(e.operator)) {
    const event = arithmeticEvents[e.operator];
    const fast = compute(e.operator, a.ref, b.ref);
    if (numbers === '') return fast;
    const site = w.operatorSite(e.line, eventNames[event] as string, nameOf(e.left), nameOf(e.right));
    const args = `${event},${a.ref},${b.ref},${site}`;
    const slow = w.isGenerator
      ? `(tr=tryArithmetic(${args}))===HANDLER?yield* callHandlerResumable():tr`
      : `arithmetic(${args})`;
    return `${numbers}?${fast}:${slow}`;
  }
  return comparison(w, e, e.operator, numbers, a.ref, b.ref);
}

function comparison(
  w: FunctionWriter,
  e: BinaryExpression,
  operator: ComparisonOperator,
  numbers: string,
  a: string,
  b: string,
): string {
  if (operator === '==') return equality(w, e, a, b);
  if (operator === '~=') return `!(${equality(w, e, a, b)})`;
  const fast = `${a}${operator}${b}`;
  if (numbers === '') return fast;
  // a > b is b < a, also for metamethods and messages
  const swapped = operator === '>' || operator === '>=';
  const strict = operator === '<' || operator === '>';
  const site = w.operatorSite(e.line, strict ? '__lt' : '__le');
  const args = `${swapped ? b : a},${swapped ? a : b},${site}`;
  const slow = w.isGenerator
    ? `compareResumable(${strict ? 'tryLess' : 'tryLessEqual'}(${args}))`
    : `${strict ? 'less' : 'lessEqual'}(${args})`;
  return `${numbers}?${fast}:${w.isGenerator ? 'yield* ' : ''}${slow}`;
}

const plainKinds: ReadonlySet<string> = new Set(['nil', 'true', 'false', 'string']);

function equality(w: FunctionWriter, e: BinaryExpression, a: string, b: string): string {
  const same = `${a}===${b}`;
  if (plainKinds.has(e.left.kind) || plainKinds.has(e.right.kind)) return same;
  const [leftNumber, rightNumber] = [isNumber(w, e.left), isNumber(w, e.right)];
  if (leftNumber && rightNumber) return same;
  const site = w.operatorSite(e.line, '__eq');
  const objects = leftNumber
    ? `typeof ${b}==='object'`
    : rightNumber
      ? `typeof ${a}==='object'`
      : `(typeof ${a}==='object'||typeof ${b}==='object')`;
  const slow = w.isGenerator ? `(yield* compareResumable(tryEqual(${a},${b},${site})))` : `equal(${a},${b},${site})`;
  return `${same}||${objects}&&${slow}`;
}

/** Whether the emitted expression is true or false and nothing else. */
export function isComparison(e: Expression): boolean {
  if (e.kind === 'paren') return isComparison(e.inner);
  if (e.kind === 'unary') return e.operator === 'not';
  return e.kind === 'binary' && !isArithmetic(e.operator);
}

const longSpine = 30; // operators in a row after which code is written as a sequence instead of nested

function spineLength(e: Expression): number {
  let length = 0;
  for (let one = e; one.kind === 'binary'; one = one.left) length++;
  return length;
}

export function binary(w: FunctionWriter, e: BinaryExpression): string {
  if (spineLength(e) > longSpine) return longChain(w, e);
  const mark = w.mark();
  const left = operand(w, e.left);
  const right = operand(w, e.right);
  const code = sequence(...inOrder(left, right), apply(w, e, left, right));
  w.release(mark);
  return code;
}

/** `a + b + c ...` with one temporary that takes each step's result. */
function longChain(w: FunctionWriter, e: BinaryExpression): string {
  const spine: BinaryExpression[] = [];
  let first: Expression = e;
  for (; first.kind === 'binary'; first = first.left) spine.push(first);
  const mark = w.mark();
  const result = w.temporary();
  const steps = [`${result}=${w.value(first)}`];
  for (const step of spine.reverse()) {
    const inner = w.mark();
    const right = operand(w, step.right);
    const left: Operand = { before: '', ref: result, isLate: false };
    steps.push(right.before, `${result}=${apply(w, step, left, right)}`);
    w.release(inner);
  }
  w.release(mark);
  return sequence(...steps, result);
}

export function unary(w: FunctionWriter, e: UnaryExpression): string {
  if (e.operator === 'not') return `!${w.condition(e.operand)}`;
  const mark = w.mark();
  const { before, ref } = objectOperand(w, e.operand);
  const isMinus = e.operator === '-';
  const site = w.operatorSite(e.line, isMinus ? '__unm' : '__len', nameOf(e.operand));
  const [plain, resumable] = isMinus ? ['negate', 'tryNegate'] : ['length', 'tryLength'];
  const slow = w.isGenerator
    ? `(tr=${resumable}(${ref},${site}))===HANDLER?yield* callHandlerResumable():tr`
    : `${plain}(${ref},${site})`;
  w.release(mark);
  if (!isMinus) {
    return sequence(before, `${ref} instanceof T?${ref}.length():typeof ${ref}==='string'?${ref}.length:${slow}`);
  }
  return sequence(before, isNumber(w, e.operand) ? `-${ref}` : `typeof ${ref}==='number'?-${ref}:${slow}`);
}

export function concat(w: FunctionWriter, e: ConcatExpression): string {
  const mark = w.mark();
  // every operand is copied to a register of its own, so none is read late
  const operands = e.operands.map((one) => operand(w, one));
  const result = w.temporary();
  w.release(mark);
  const refs = operands.map((one) => one.ref);
  const site = w.chainSite(e.line, e.operands.map(nameOf));
  const slow = w.isGenerator
    ? `yield* concatResumable([${refs.join(',')}],${site})`
    : `concat([${refs.join(',')}],${site})`;
  const before = operands.map((one) => one.before);
  if (refs.length > 8) return sequence(...before, slow);
  const tests = e.operands.flatMap((one, i) => (one.kind === 'string' ? [] : [`typeof ${refs[i]}==='string'`]));
  const areStrings = [...new Set(tests)].join('&&') || 'true';
  const fast = refs.reduceRight((right, left) => `join(${left},${right})`);
  const [first, second] = refs;
  const two = `(${result}=joinTwo(${first},${second}))===undefined?${slow}:${result}`;
  return sequence(...before, `${areStrings}?${fast}:${refs.length === 2 ? two : slow}`);
}
