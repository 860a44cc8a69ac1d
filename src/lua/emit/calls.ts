import type { CallExpression, Expression, MethodExpression } from '../syntax/ast.ts';
import { readMethod } from './fields.ts';
import { nameOf } from './names.ts';
import { objectOperand, operand } from './operands.ts';
import { simpleReference } from './variables.ts';
import { type FunctionWriter, sequence } from './writer.ts';

export type Call = CallExpression | MethodExpression;

const isCall = (e: Expression): e is Call => e.kind === 'call' || e.kind === 'method';

/** A call whose callee and arguments have been evaluated by `before`. */
export interface PreparedCall {
  readonly before: string[];
  readonly callee: string;
  /** Arguments as they stand in a JavaScript argument list; may contain spreads. */
  readonly args: readonly string[];
  readonly site: number;
}

/** Callee and, for a method, the object as first argument. */
function prepareCallee(w: FunctionWriter, e: Call): { before: string[]; callee: string; self: string[]; site: number } {
  if (e.kind === 'call') {
    const site = w.callSite(e.line, nameOf(e.callee));
    const { before, ref } = operand(w, e.callee);
    return { before: [before], callee: ref, self: [], site };
  }
  const object = objectOperand(w, e.object);
  const lookup = w.operatorSite(e.indexLine, '__index', nameOf(e.object));
  const code = readMethod(w, object.ref, e.name, lookup);
  const callee = w.temporary();
  const site = w.callSite(e.line, e.named ? { kind: 'method', name: e.name } : undefined);
  return { before: [object.before, `${callee}=${code}`], callee, self: [object.ref], site };
}

/** Evaluates everything a call needs into variables, results of a last call in a list to be spread. */
export function prepareCall(w: FunctionWriter, e: Call): PreparedCall {
  const { before, callee, self, site } = prepareCallee(w, e);
  const args = [...self];
  e.args.forEach((arg, i) => {
    if (i === e.args.length - 1 && isCall(arg)) {
      const code = rawCall(w, arg);
      const list = w.temporary();
      before.push(`${list}=resultList(${code})`);
      args.push(`...${list}`);
    } else if (i === e.args.length - 1 && arg.kind === 'vararg') {
      args.push('...va');
    } else {
      const one = operand(w, arg);
      before.push(one.before);
      args.push(one.ref);
    }
  });
  return { before, callee, args, site };
}

const asFunction = (callee: string): string => `(typeof ${callee}==='function'?${callee}:callable(${callee}))`;

/** JavaScript expression of a call: one value, or null with the results in the registers. */
export function rawCall(w: FunctionWriter, e: Call): string {
  const mark = w.mark();
  const last = e.args[e.args.length - 1];
  const code = w.isGenerator
    ? resumableCall(w, e)
    : last !== undefined && isCall(last)
      ? expandingCall(w, e)
      : directCall(w, e);
  w.release(mark);
  return code;
}

/** A call in generator code: natives that never call back are called directly, the rest goes to the thread. */
function resumableCall(w: FunctionWriter, e: Call): string {
  const { before, callee, args, site } = prepareCall(w, e);
  const list = args.join(',');
  return sequence(...before, resumableInvoke(callee, list, site));
}

/** The call itself in generator code; a native may answer with a tail call, which the thread makes. */
export function resumableInvoke(callee: string, args: string, site: number): string {
  const native = `(tr=${callee}(${args}))===null&&R.count<0?yield 0:tr`;
  const lua = `(R.top=generatorFrame,tr=${callee}(${args}),R.top=fr,yield tr)`;
  const other = `(R.callee=${callee},R.args=[${args}],yield 0)`;
  return `(fr.site=${site},isLuaFunction(${callee})?${lua}:isSimpleNative(${callee})?${native}:${other})`;
}

/** A call whose arguments are written into the argument list; the site is noted after the last one that may call. */
function directCall(w: FunctionWriter, e: Call): string {
  const { before, callee, self, site } = prepareCallee(w, e);
  const args: string[] = [];
  let noted = false;
  for (let i = e.args.length - 1; i >= 0; i--) {
    const arg = e.args[i] as Expression;
    if (arg.kind === 'vararg' && i === e.args.length - 1) {
      args.unshift('...va');
    } else if (noted || simpleReference(w, arg) !== undefined) {
      args.unshift(w.value(arg));
    } else {
      const code = w.value(arg);
      const value = w.temporary();
      args.unshift(`(${value}=${code},fr.site=${site},${value})`);
      noted = true;
    }
  }
  const early = noted ? '' : `fr.site=${site}`;
  const target = sequence(...before, early, asFunction(callee));
  return `${target}(${[...self, ...args].join(',')})`;
}

/** A call whose last argument is a call: all its results are passed on. */
function expandingCall(w: FunctionWriter, e: Call): string {
  const { before, callee, self, site } = prepareCallee(w, e);
  const args = [...self];
  for (const arg of e.args.slice(0, -1)) {
    const one = operand(w, arg);
    before.push(one.before);
    args.push(one.ref);
  }
  const inner = rawCall(w, e.args[e.args.length - 1] as Call);
  const result = w.temporary();
  const list = (last: string): string => [...args, last].join(',');
  const f = asFunction(callee);
  // the list is taken out of the registers before the site is noted: a pending tail call runs meanwhile
  before.push(
    `${result}=${inner}`,
    `${result}===null?(${result}=list(),fr.site=${site},tr=true):(fr.site=${site},tr=false)`,
  );
  return sequence(...before, `tr?${f}(${list(`...${result}`)}):${f}(${list(result)})`);
}

/** JavaScript expression for the first result of a call. */
export function callValue(w: FunctionWriter, e: Call): string {
  const code = rawCall(w, e);
  const mark = w.mark();
  const value = w.temporary();
  w.release(mark);
  return `((${value}=${code})!==null?${value}:one())`;
}

/** JavaScript expression for an array of all values of an expression list. */
export function valueList(w: FunctionWriter, list: readonly Expression[]): string {
  const last = list[list.length - 1];
  if (last === undefined) return '[]';
  const single = list.slice(0, isCall(last) || last.kind === 'vararg' ? -1 : undefined).map((one) => w.value(one));
  if (last.kind === 'vararg') return `[${[...single, '...va'].join(',')}]`;
  if (!isCall(last)) return `[${single.join(',')}]`;
  const code = rawCall(w, last);
  return single.length === 0 ? `resultList(${code})` : `[${single.join(',')},...resultList(${code})]`;
}
