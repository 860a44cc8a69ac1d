import type { AssignStatement, AssignTarget, Expression, Statement, Variable } from '../syntax/ast.ts';
import { type Call, rawCall } from './calls.ts';
import { storeField, storeIndex } from './fields.ts';
import { nameOf } from './names.ts';
import { operand } from './operands.ts';
import { assignVariable, declareVariable, isBoxed, isLate, isNumber, simpleReference } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

const isCall = (e: Expression | undefined): e is Call => e?.kind === 'call' || e?.kind === 'method';

const statement = (code: string): string => (code === '' ? '' : `${code};`);

/** A target with everything evaluated that stands before the `=`. */
interface PreparedTarget {
  /** Statements that read boxed variables the target uses, as late as LuaJIT does. */
  readonly late: string;
  readonly store: (value: string) => string;
}

function prepareTarget(
  w: FunctionWriter,
  target: AssignTarget,
  all: readonly AssignTarget[],
  line: number,
  out: string[],
): PreparedTarget {
  if (target.kind === 'local' || target.kind === 'upvalue') {
    return { late: '', store: (value) => assignVariable(w, target, value) };
  }
  if (target.kind === 'global') {
    const site = w.operatorSite(line, '__newindex');
    return { late: '', store: (value) => storeField(w, w.environment, target.name, value, site) };
  }
  const site = w.operatorSite(line, '__newindex', nameOf(target.object));
  const late: string[] = [];
  const part = (e: Expression): string => {
    const isTarget = all.some((one) => one.kind === 'local' && e.kind === 'local' && one.variable === e.variable);
    const simple = simpleReference(w, e);
    if (simple !== undefined && !isTarget) return /^\d/.test(simple) ? `(${simple})` : simple;
    const code = w.value(e);
    const name = w.temporary();
    (isLate(e) && !isTarget ? late : out).push(`${name}=${code};`);
    return name;
  };
  const object = part(target.object);
  if (target.key.kind === 'string') {
    const key = target.key.value;
    return { late: late.join(''), store: (value) => storeField(w, object, key, value, site) };
  }
  const key = part(target.key);
  const keyIsNumber = isNumber(w, target.key);
  return { late: late.join(''), store: (value) => storeIndex(w, object, key, value, site, keyIsNumber) };
}

export function assignment(w: FunctionWriter, { targets, values, line }: AssignStatement): string {
  const mark = w.mark();
  const out: string[] = [];
  const prepared = targets.map((target) => prepareTarget(w, target, targets, line, out));
  const [only] = prepared;
  const [first] = targets;
  if (targets.length === 1 && values.length === 1 && only !== undefined && first !== undefined) {
    const e = values[0] as Expression;
    if (first.kind === 'local' || first.kind === 'upvalue') {
      out.push(only.store(w.value(e)));
    } else {
      const { before, ref } = operand(w, e);
      out.push(statement(before), only.late, only.store(ref));
    }
  } else {
    const refs = evaluate(w, values, targets.length, out, new Set(assigned(targets)));
    for (const one of prepared) out.push(one.late);
    for (let i = targets.length - 1; i >= 0; i--) out.push(prepared[i]?.store(refs[i] as string) ?? '');
  }
  w.release(mark);
  return out.join('');
}

function assigned(targets: readonly AssignTarget[]): Variable[] {
  return targets.flatMap((one) => (one.kind === 'local' || one.kind === 'upvalue' ? [one.variable] : []));
}

/** A reference that stays valid while the given variables are assigned; undefined when the value needs a temporary. */
function stableReference(w: FunctionWriter, e: Expression, changing: ReadonlySet<Variable>): string | undefined {
  if (e.kind === 'paren') return stableReference(w, e.inner, changing);
  if ((e.kind === 'local' || e.kind === 'upvalue') && changing.has(e.variable)) return undefined;
  return simpleReference(w, e);
}

/**
 * Evaluates an expression list to exactly `count` values. Statements go to `out`, references to the values come back.
 * @param changing variables that the statement assigns, so that references to them would go stale
 */
function evaluate(
  w: FunctionWriter,
  values: readonly Expression[],
  count: number,
  out: string[],
  changing: ReadonlySet<Variable>,
): string[] {
  const refs: string[] = [];
  values.forEach((e, i) => {
    const isLast = i === values.length - 1;
    if (isLast && count > values.length && isCall(e)) {
      refs.push(...spread(w, e, count - i, out));
    } else if (isLast && count > values.length && e.kind === 'vararg') {
      for (let k = 0; k < count - i; k++) refs.push(`va[${k}]`);
    } else {
      const stable = stableReference(w, e, changing);
      const code = stable ?? w.value(e);
      if (stable !== undefined) {
        refs.push(stable);
        return;
      }
      const name = w.temporary();
      out.push(`${name}=${code};`);
      refs.push(name);
    }
  });
  while (refs.length < count) refs.push('undefined');
  return refs;
}

const registers = ['R.first', 'R.second', 'R.third'];

/** The first results of a call, in temporaries. */
function spread(w: FunctionWriter, e: Call, count: number, out: string[]): string[] {
  const code = rawCall(w, e);
  const names = Array.from({ length: count }, () => w.temporary());
  out.push(spreadInto(names, code));
  return names;
}

/** Statement that takes the first results of a call into variables. */
export function spreadInto(names: readonly string[], code: string): string {
  const [first, ...rest] = names;
  if (names.length > registers.length) {
    const list = `${first}=resultList(${code});`;
    return `${list}${[...rest.map((name, i) => `${name}=${first}[${i + 1}];`), `${first}=${first}[0];`].join('')}`;
  }
  const several = names.map((name, i) => `${name}=${registers[i]};`).join('');
  const single = rest.map((name) => `${name}=undefined;`).join('');
  return `if((${first}=${code})===null){settle();${several}}${single === '' ? '' : `else{${single}}`}`;
}

/** Notes a variable that is given a number once and for all. */
function noteNumber(w: FunctionWriter, variable: Variable, e: Expression | undefined): void {
  if (!variable.reassigned && e !== undefined && isNumber(w, e)) w.chunk.numbers.add(variable);
}

export function local(w: FunctionWriter, { variables, values }: Statement & { kind: 'local' }): string {
  const mark = w.mark();
  const out: string[] = [];
  const [variable] = variables;
  const [only] = values;
  if (variables.length === 1 && values.length <= 1 && variable !== undefined) {
    noteNumber(w, variable, only);
    return declareVariable(variable, only === undefined ? 'undefined' : w.value(only));
  }
  const last = values[values.length - 1];
  if (variables.length > values.length && values.length === 1 && isCall(last)) {
    // results go straight into the variables, which get their boxes afterwards
    const names = variables.map((one) => `v${one.slot}`);
    out.push(spreadInto(names, rawCall(w, last)));
    for (const one of variables) if (isBoxed(one)) out.push(declareVariable(one, `v${one.slot}`));
    return out.join('');
  }
  const refs = evaluate(w, values, Math.max(variables.length, values.length), out, new Set());
  variables.forEach((one, i) => {
    noteNumber(w, one, i < values.length ? values[i] : undefined);
    out.push(declareVariable(one, refs[i] as string));
  });
  w.release(mark);
  return out.join('');
}
