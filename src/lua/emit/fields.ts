import type { GlobalExpression, IndexExpression } from '../syntax/ast.ts';
import { nameOf } from './names.ts';
import { inOrder, objectOperand, operand } from './operands.ts';
import { isNumber } from './variables.ts';
import { type FunctionWriter, sequence } from './writer.ts';

/** Reading a constant key through a cache; `object` can be repeated. */
function cachedRead(w: FunctionWriter, object: string, key: string, site: number, isTable: boolean): string {
  const cache = w.cache(key);
  const slow = w.isGenerator
    ? `(tr=tryField(${object},${cache},${site}))===HANDLER?yield* callHandlerResumable():tr`
    : `field(${object},${cache},${site})`;
  if (!w.isHot) return `(${slow})`;
  const value = w.temporary();
  const check = isTable ? '' : `${object} instanceof T&&`;
  const hit = `${check}${object}.shape===${cache}.shape&&(${value}=${object}.values[${cache}.slot])!==undefined`;
  return `(${hit}?${value}:${slow})`;
}

export function readGlobal(w: FunctionWriter, e: GlobalExpression): string {
  const mark = w.mark();
  const code = cachedRead(w, w.environment, e.name, w.operatorSite(e.line, '__index'), true);
  w.release(mark);
  return code;
}

export function readIndex(w: FunctionWriter, e: IndexExpression): string {
  const mark = w.mark();
  const object = objectOperand(w, e.object);
  const site = w.operatorSite(e.line, '__index', nameOf(e.object));
  if (e.key.kind === 'string') {
    const code = sequence(object.before, cachedRead(w, object.ref, e.key.value, site, false));
    w.release(mark);
    return code;
  }
  const key = operand(w, e.key);
  const slow = w.isGenerator
    ? `(tr=tryIndex(${object.ref},${key.ref},${site}))===HANDLER?yield* callHandlerResumable():tr`
    : `index(${object.ref},${key.ref},${site})`;
  const value = w.temporary();
  const numeric = isNumber(w, e.key) ? '' : `typeof ${key.ref}==='number'&&`;
  const hit = `${numeric}${object.ref} instanceof T&&(${value}=${object.ref}.array[${key.ref}])!==undefined`;
  w.release(mark);
  return sequence(...inOrder(object, key), w.isHot ? `${hit}?${value}:${slow}` : slow);
}

/** Looking up a method; `object` can be repeated. */
export function readMethod(w: FunctionWriter, object: string, name: string, site: number): string {
  const cache = w.cache(name);
  return w.isGenerator
    ? `((tr=tryField(${object},${cache},${site}))===HANDLER?yield* callHandlerResumable():tr)`
    : `field(${object},${cache},${site})`;
}

/** Statement that stores into a field with a constant key; all parts can be repeated. */
export function storeField(w: FunctionWriter, object: string, key: string, value: string, site: number): string {
  const cache = w.cache(key);
  const args = `${object},${cache},${value},${site}`;
  const slow = w.isGenerator
    ? `if(trySetField(${args})===HANDLER)yield* callHandlerResumable();`
    : `setField(${args});`;
  if (!w.isHot) return slow;
  const check = object === w.environment ? '' : `${object} instanceof T&&`;
  const slot = `${object}.values[${cache}.slot]`;
  const hit = `${check}${object}.shape===${cache}.shape&&${slot}!==undefined&&${value}!==undefined`;
  return `if(${hit})${slot}=${value};else ${slow}`;
}

/** Statement that stores under any key; all parts can be repeated. */
export function storeIndex(
  w: FunctionWriter,
  object: string,
  key: string,
  value: string,
  site: number,
  keyIsNumber: boolean,
): string {
  const args = `${object},${key},${value},${site}`;
  const slow = w.isGenerator
    ? `if(trySetIndex(${args})===HANDLER)yield* callHandlerResumable();`
    : `setIndex(${args});`;
  if (!w.isHot) return slow;
  const numeric = keyIsNumber ? '' : `typeof ${key}==='number'&&`;
  const hit = `${numeric}${object} instanceof T&&${object}.array[${key}]!==undefined&&${value}!==undefined`;
  return `if(${hit})${object}.array[${key}]=${value};else ${slow}`;
}
