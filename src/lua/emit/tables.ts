import type { Expression, TableExpression, TableItem } from '../syntax/ast.ts';
import { constantOf } from '../syntax/folding.ts';
import { isTemplateKey } from '../syntax/table-constructor.ts';
import { LuaTable } from '../values/table.ts';
import { hashCapacity } from '../values/table-sizes.ts';
import type { LuaValue } from '../values/types.ts';
import { valueList } from './calls.ts';
import { numberLiteral, stringLiteral } from './literals.ts';
import { operand } from './operands.ts';
import { type FunctionWriter, sequence } from './writer.ts';

/** A store that the template does not cover. */
interface Store {
  readonly item: TableItem;
  /** Key of a positional item. */
  readonly position: number;
  /** All values of the item are stored from `position` on. */
  readonly isOpen: boolean;
}

interface Plan {
  /** Table with the constant parts, copied at each evaluation. */
  readonly template: LuaTable | undefined;
  /** Sizes of a table without template. */
  readonly arraySize: number;
  readonly hashSize: number;
  readonly stores: readonly Store[];
}

function constantValue(e: Expression): LuaValue {
  if (e.kind === 'number' || e.kind === 'string') return e.value;
  return e.kind === 'true' ? true : e.kind === 'false' ? false : undefined;
}

const isOpenValue = (e: Expression): boolean => e.kind === 'call' || e.kind === 'method' || e.kind === 'vararg';

/** Decides what goes into a template and how large the parts are, as LuaJIT does (luajit: src/lj_parse.c, expr_table). */
function plan(e: TableExpression): Plan {
  let template: LuaTable | undefined;
  let next = 1;
  let hashed = 0;
  let needsArray = false;
  const stores: Store[] = [];
  const dummies = new Set<LuaValue>();
  e.items.forEach((item, i) => {
    const { key, value } = item;
    const position = next;
    if (key === undefined) {
      next++;
      needsArray = true;
    } else if (key.kind === 'number' && key.value === 0) {
      needsArray = true;
    } else {
      hashed++;
    }
    const isOpen = key === undefined && i === e.items.length - 1 && isOpenValue(value);
    const fixedKey = key === undefined || isTemplateKey(key);
    const constant = constantOf(value);
    if (!(key?.kind === 'string' || (fixedKey && constant !== undefined))) {
      stores.push({ item, position, isOpen });
      return;
    }
    template ??= LuaTable.sized(needsArray ? next : 0, hashCapacity(hashed));
    const k = key === undefined ? position : constantValue(key);
    if (constant !== undefined) {
      template.setWritten(k, constantValue(constant));
      dummies.delete(k);
    } else {
      template.setWritten(k, true); // holds the key's place
      dummies.add(k);
      stores.push({ item, position, isOpen });
    }
  });
  if (template !== undefined && needsArray) template.reserveArray(next - 1);
  for (const key of dummies) template?.set(key, undefined);
  const arraySize = needsArray ? Math.min(Math.max(next, 3), 0x7ff) : 0;
  return { template, arraySize, hashSize: hashCapacity(hashed), stores };
}

export function table(w: FunctionWriter, e: TableExpression): string {
  if (e.items.length === 0) return 'new T()';
  const planned = plan(e);
  return list(w, e, planned) ?? record(w, planned) ?? general(w, planned);
}

/** `{a, b, f()}`: only positional items and no template. */
function list(w: FunctionWriter, e: TableExpression, planned: Plan): string | undefined {
  if (planned.template !== undefined || e.items.some((item) => item.key !== undefined)) return undefined;
  const values = e.items.map((item) => item.value);
  const last = values[values.length - 1] as Expression;
  if (!isOpenValue(last)) return `T.fromList([undefined,${valueList(w, values).slice(1)},${planned.arraySize})`;
  const code = valueList(w, values);
  const spread = code.startsWith('[') ? code.slice(1, -1) : `...${code}`;
  return `listTable([undefined,${spread}],${planned.arraySize})`;
}

/** `{k = v, ...}`: only constant string keys, each once, in a shape that all such tables share. */
function record(w: FunctionWriter, { template, stores }: Plan): string | undefined {
  if (template === undefined || !template.shape.isShared || stores.some(({ item }) => item.key?.kind !== 'string')) {
    return undefined;
  }
  if (stores.length === 0) return `${w.constant(template)}.copy()`;
  if (template.array.length > 1 || template.array[0] !== undefined) return undefined;
  const keys = stores.map(({ item }) => (item.key?.kind === 'string' ? item.key.value : ''));
  const slots = keys.map((key) => template.shape.find(key));
  // values are evaluated in the order of the text, which has to be the order of the slots
  if (slots.some((slot, i) => i > 0 && slot <= (slots[i - 1] as number))) return undefined;
  const values = template.values.map((value) => literal(value));
  stores.forEach(({ item }, i) => {
    values[slots[i] as number] = w.value(item.value);
  });
  return `recordTable(${w.constant(template)},[${values.join(',')}])`;
}

function literal(value: LuaValue): string {
  if (typeof value === 'number') return numberLiteral(value);
  return typeof value === 'string' ? stringLiteral(value) : `${value}`;
}

/** Anything: the table is made and the stores follow in the order of the text. */
function general(w: FunctionWriter, { template, arraySize, hashSize, stores }: Plan): string {
  const mark = w.mark();
  const t = w.temporary();
  const parts = [
    `${t}=${template === undefined ? `T.sized(${arraySize},${hashSize})` : `${w.constant(template)}.copy()`}`,
  ];
  for (const { item, position, isOpen } of stores) {
    const inner = w.mark();
    const { key, value, line } = item;
    if (isOpen) {
      parts.push(`storeList(${t},${position},${valueList(w, [value])})`);
    } else if (key === undefined) {
      parts.push(`${t}.setNumber(${position},${w.value(value)})`);
    } else if (key.kind === 'string') {
      parts.push(`${t}.setHash(${stringLiteral(key.value)},${w.value(value)})`);
    } else {
      const k = operand(w, key);
      const v = operand(w, value);
      const site = w.operatorSite(line, '__newindex');
      parts.push(...(k.isLate ? [v.before, k.before] : [k.before, v.before]));
      parts.push(`storeItem(${t},${k.ref},${v.ref},${site})`);
    }
    w.release(inner);
  }
  w.release(mark);
  return sequence(...parts, t);
}
