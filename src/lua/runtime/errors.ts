import { LuaError } from '../values/error.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaValue } from '../values/types.ts';
import type { SiteName } from './prototype.ts';
import { R } from './registers.ts';
import { positionOf, siteOf } from './stack.ts';

/** An error of the running function, whose place is put before the text when it is a Lua function. */
export function runtimeError(text: string): LuaError {
  return new LuaError(positionOf(R.top) + text);
}

/** At the call that found no room. LuaJIT's interpreter tells no place for some sizes of frames, compiled code does. */
export function stackOverflow(): LuaError {
  // nothing was called: the stack ends here
  if (R.top.site >= 0) R.top.site = ~R.top.site;
  return runtimeError('stack overflow');
}

/** Notes at which operator the running function stands, before the operator calls out or fails. */
export function atOperator(site: number): void {
  R.top.site = ~site;
}

export function operandError(verb: string, value: LuaValue, name: SiteName | undefined): LuaError {
  const type = typeName(value);
  if (name === undefined) return runtimeError(`attempt to ${verb} a ${type} value`);
  return runtimeError(`attempt to ${verb} ${name.kind} '${name.name}' (a ${type} value)`);
}

/** @param which operand that was bad: 1 or 2 */
export function operatorError(verb: string, value: LuaValue, which: 1 | 2): LuaError {
  const site = R.top.site < 0 ? siteOf(R.top) : undefined;
  return operandError(verb, value, which === 1 ? site?.name : site?.second);
}

/** The error of calling something that cannot be called, at the call under way. */
export function callError(value: LuaValue): LuaError {
  // the handler of an operator is called from nowhere
  if (R.top.site < 0) return new LuaError(`attempt to call a ${typeName(value)} value`);
  const site = siteOf(R.top);
  // an iterator has a name for tracebacks only
  const name = site?.name?.name === '(for generator)' ? undefined : site?.name;
  const error = operandError('call', value, name);
  R.top.site = ~R.top.site; // nothing was called: the stack ends here
  return error;
}

/** How the function called from the running one is called there: its name, or the event of an operator. */
function calleeName(): { kind: string; name: string } | undefined {
  const site = siteOf(R.top);
  if (site === undefined) return undefined;
  return site.event === undefined ? site.name : { kind: 'metamethod', name: site.event };
}

/** An error in an argument of the function written in JavaScript that runs now. @param index from 1 */
export function argumentError(index: number, text: string): LuaError {
  const callee = calleeName();
  const name = callee?.name ?? '?';
  if (callee?.kind === 'method') {
    if (index === 1) return runtimeError(`calling '${name}' on bad self (${text})`);
    return runtimeError(`bad argument #${index - 1} to '${name}' (${text})`);
  }
  return runtimeError(`bad argument #${index} to '${name}' (${text})`);
}

/** An argument of the wrong type. @param index from 1 */
export function argumentTypeError(args: readonly LuaValue[], index: number, expected: string): LuaError {
  const got = index > args.length ? 'no value' : typeName(args[index - 1]);
  return argumentError(index, `${expected} expected, got ${got}`);
}
