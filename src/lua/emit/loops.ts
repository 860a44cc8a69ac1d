import type { Expression, GenericForStatement, NumericForStatement, Statement, Variable } from '../syntax/ast.ts';
import { spreadInto } from './assignments.ts';
import { countStep, labelled } from './blocks.ts';
import { type Call, rawCall, resumableInvoke } from './calls.ts';
import { declareVariable, isNumber } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

export function whileLoop(w: FunctionWriter, e: Statement & { kind: 'while' }): string {
  return labelled(w, () => {
    const test = w.condition(e.condition);
    return `for(;;){${countStep}if(!${test})break;${w.emit.block(w, e.body)}}`;
  });
}

export function repeatLoop(w: FunctionWriter, e: Statement & { kind: 'repeat' }): string {
  return labelled(w, () => {
    const body = w.emit.block(w, e.body);
    return `for(;;){${countStep}${body}if(${w.condition(e.condition)})break;}`;
  });
}

/** The bounds are numbers or are made so before the loop; the visible variable is the counter where it may be. */
export function numericFor(w: FunctionWriter, e: NumericForStatement): string {
  const [counter, limit, step] = [`v${e.base}`, `v${e.base + 1}`, `v${e.base + 2}`];
  const stepValue = e.step === undefined ? 1 : e.step.kind === 'number' ? e.step.value : undefined;
  const parts: [string, Expression | undefined][] = [
    [counter, e.start],
    [limit, e.limit],
    [step, e.step],
  ];
  let code = '';
  for (const [name, bound] of parts) if (bound !== undefined) code += `${name}=${w.value(bound)};`;
  const unsure = parts.filter(([, bound]) => bound !== undefined && !isNumber(w, bound)).map(([name]) => name);
  if (unsure.length > 0) {
    const site = w.operatorSite(e.line, '');
    const stepCode = e.step === undefined ? '1' : step;
    const tests = unsure.map((name) => `typeof ${name}!=='number'`).join('||');
    code += `if(${tests}){${counter}=loopBound(0,${counter},${site});${limit}=loopBound(1,${limit},${site});`;
    code += `${e.step === undefined ? '' : `${step}=loopBound(2,${stepCode},${site});`}}`;
  }
  const { variable } = e;
  if (!variable.reassigned) w.chunk.numbers.add(variable);
  const goesOn =
    stepValue === undefined
      ? `${step}>=0?${counter}<=${limit}:${counter}>=${limit}`
      : `${counter}${stepValue >= 0 ? '<=' : '>='}${limit}`;
  const next = `${counter}+=${stepValue ?? step}`;
  const bind = declareVariable(variable, counter);
  const loop = labelled(w, () => `for(;${goesOn};${next}){${countStep}${bind}${w.emit.block(w, e.body)}}`);
  return code + loop;
}

const isCall = (e: Expression): e is Call => e.kind === 'call' || e.kind === 'method';

/** Iterator, state and control variable from the expression list. */
function iteration(w: FunctionWriter, values: readonly Expression[], names: readonly string[]): string {
  const last = values[values.length - 1] as Expression;
  const mark = w.mark();
  let code = '';
  values.forEach((e, i) => {
    if (i < values.length - 1 || !(isCall(e) || e.kind === 'vararg')) {
      const name = names[i] ?? w.temporary();
      code += `${name}=${w.value(e)};`;
    }
  });
  const rest = names.slice(values.length - 1);
  if (isCall(last) && rest.length > 0) code += spreadInto(rest, rawCall(w, last));
  else if (isCall(last)) code += `${rawCall(w, last)};`;
  else if (last.kind === 'vararg') code += rest.map((name, i) => `${name}=va[${i}];`).join('');
  else for (const name of names.slice(values.length)) code += `${name}=undefined;`;
  w.release(mark);
  return code;
}

/**
 * A generic for. `next` over a table and the iterator of `ipairs` are run here, with a position instead of a key as
 * control value; anything else is called.
 */
export function genericFor(w: FunctionWriter, e: GenericForStatement): string {
  const [f, state, control] = [`v${e.base}`, `v${e.base + 1}`, `v${e.base + 2}`];
  const start = iteration(w, e.values, [f, state, control]);
  const kind = w.temporary();
  const site = w.callSite(e.line, { kind: 'local', name: '(for generator)' });
  const detect = `${kind}=loopKind(${f},${state},${control});if(${kind}===1)${control}=0;`;
  const body = labelled(w, () => `for(;;){${countStep}${advance(w, e, kind, site)}${w.emit.block(w, e.body)}}`);
  // the slots keep the state of a long loop alive no longer than LuaJIT would
  return `${start}${detect}${body}`;
}

function advance(w: FunctionWriter, e: GenericForStatement, kind: string, site: number): string {
  const [f, state, control] = [`v${e.base}`, `v${e.base + 1}`, `v${e.base + 2}`];
  const names = e.variables.map((one) => `v${one.slot}`);
  const [first, second] = names as [string, string | undefined];
  const bind = (one: Variable): string => declareVariable(one, `v${one.slot}`);
  const others = names.slice(2).map((name) => `${name}=undefined;`);
  const next = [
    `if((${control}=${state}.advance(${control}))===END)break;`,
    `${first}=cursor.key;`,
    second === undefined ? '' : `${second}=cursor.value;`,
    ...others,
  ];
  const item = second ?? w.temporary();
  const ipairs = [
    `if((${item}=${state}.array[++${control}])===undefined&&(${item}=${state}.getNumber(${control}))===undefined)break;`,
    `${first}=${control};`,
    ...others,
  ];
  const direct = w.isGenerator
    ? resumableInvoke(f, `${state},${control}`, site)
    : `(fr.site=${site},typeof ${f}==='function'?${f}:callable(${f}))(${state},${control})`;
  const call = `${spreadInto(names, direct)}if(${first}===undefined)break;${control}=${first};`;
  return (
    `if(${kind}===1){${next.join('')}}else if(${kind}===2){${ipairs.join('')}}else{${call}}` +
    e.variables.map(bind).join('')
  );
}
