import { TAIL_GENERATOR } from '../runtime/requests.ts';
import type { Expression, Statement } from '../syntax/ast.ts';
import { type Call, prepareCall, valueList } from './calls.ts';
import { operand } from './operands.ts';
import { simpleReference } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

/** Gives the frame back. */
const leave = 'R.top=p;';

export const returnNothing = `${leave}R.count=0;return null;`;

export function returnStatement(w: FunctionWriter, { values }: Statement & { kind: 'return' }): string {
  const [only] = values;
  if (only === undefined) return returnNothing;
  const last = values[values.length - 1] as Expression;
  if (values.length === 1) {
    if (only.kind === 'call' || only.kind === 'method') return tailCall(w, only);
    if (only.kind === 'vararg') return `${leave}return several(va);`;
    const simple = simpleReference(w, only);
    if (simple !== undefined) return `${leave}return ${simple};`;
    const code = w.value(only);
    const result = w.temporary();
    return `${result}=${code};${leave}return ${result};`;
  }
  if (last.kind === 'call' || last.kind === 'method' || last.kind === 'vararg' || values.length > 3) {
    const code = valueList(w, values);
    const list = w.temporary();
    return `${list}=${code};${leave}return several(${list});`;
  }
  const operands = values.map((one) => operand(w, one));
  const before = operands.map((one) => (one.before === '' ? '' : `${one.before};`)).join('');
  return `${before}${leave}return ${values.length === 2 ? 'two' : 'three'}(${operands.map((one) => one.ref).join(',')});`;
}

/**
 * A tail call leaves the frame first. It is made directly while not too many of them are on JavaScript's stack, and by
 * whoever waits for the result otherwise.
 */
function tailCall(w: FunctionWriter, e: Call): string {
  const { before, callee, args, site } = prepareCall(w, e);
  const evaluated = before.filter((one) => one !== '').map((one) => `${one};`);
  const list = args.join(',');
  // a parameter or upvalue must not be overwritten by what stands for it in the call
  const target = w.temporary();
  const bad = w.isGenerator ? `checkCallable(${target})` : `${target}=tailCallable(${target})`;
  const check = `${target}=${callee};if(typeof ${target}!=='function'){fr.site=${site};${bad};}`;
  const code = `${evaluated.join('')}${check}${leave}`;
  if (w.isGenerator) {
    const lua = `R.top=generatorFrame;R.generator=${target}(${list});R.top=p;R.count=${TAIL_GENERATOR};return null;`;
    return `${code}if(isLuaFunction(${target})){${lua}}return later(${target},[${list}]);`;
  }
  const result = w.temporary();
  return (
    `${code}if(R.tails<100){R.tails++;${result}=${target}(${list});R.tails--;return ${result};}` +
    `return later(${target},[${list}]);`
  );
}
