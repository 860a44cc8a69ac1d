import type { ArrayNode, Member, ObjectNode, Property, ValueNode } from '../../grammar/index.ts';
import { limits, parseSyntax } from '../../grammar/index.ts';
import { type FileContext, fail, placeAt, variablesOf } from './context.ts';
import { decodeEscapes } from './escapes.ts';
import { runMacro } from './macros/index.ts';
import { type Slot, slotFor } from './merge.ts';
import { scalarValue } from './scalar.ts';
import type { UclArray, UclObject, UclValue } from './value.ts';

type Frame =
  | { readonly node: ObjectNode; readonly into: UclObject; next: number }
  | { readonly node: ArrayNode; readonly into: UclArray; next: number };

/**
 * Parses a text and puts what it says into `file.container`, or, for the first text of a load, into a new root.
 *
 * @returns the value that the text itself has at its top level
 */
export function readInto(file: FileContext, included: boolean): UclValue {
  const { macros, timeSuffixes } = file.load.flags;
  const { document, problems } = parseSyntax(file.text, { included, macros, timeSuffixes });
  for (const { severity, message, offset, hint } of problems) {
    file.load.diagnostics.push({ severity, message, at: placeAt(file, offset), hint });
  }
  const outerFree = file.freeForBraces;
  if (included && document.braces !== undefined && !outerFree) {
    const hint = 'remove the outer braces: this text is included inside a section';
    fail(file, placeAt(file, document.braces), 'braces around an included text would end the section it is in', hint);
  }
  file.freeForBraces = outerFree && document.braces === undefined;
  const root = document.root;
  if (root.kind === 'array') {
    const value = newArray(file, root);
    walk(file, { node: root, into: value, next: 0 });
    return value;
  }
  const into = file.container;
  walk(file, { node: root, into, next: 0 });
  return into;
}

/** Goes through the tree with a stack of its own: deep nesting costs no call stack. */
function walk(file: FileContext, outermost: Frame): void {
  const stack = [outermost];
  const { level, freeForBraces } = file;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    file.level = level + stack.length - 1;
    file.freeForBraces = freeForBraces && stack.length === 1;
    const inner = nextChild(file, top);
    if (inner === 'done') stack.pop();
    else if (inner !== undefined) push(file, stack, inner);
  }
}

function push(file: FileContext, stack: Frame[], inner: Frame): void {
  if (file.level <= limits.nesting) {
    stack.push(inner);
    return;
  }
  const at = placeAt(file, inner.node.offset);
  fail(file, at, `objects are nesting too deep (over ${limits.nesting} levels)`);
}

function nextChild(file: FileContext, frame: Frame): Frame | 'done' | undefined {
  const index = frame.next++;
  if ('elements' in frame.node) {
    const element = frame.node.elements[index];
    const { items } = frame.into as UclArray;
    return element === undefined
      ? 'done'
      : evaluate(file, element, { existing: undefined, put: (value) => items.push(value) });
  }
  const member = frame.node.members[index];
  if (member === undefined) return 'done';
  file.container = frame.into as UclObject;
  return runMember(file, member);
}

function runMember(file: FileContext, member: Member): Frame | undefined {
  if (member.kind === 'property') return runProperty(file, member);
  runMacro(file, member);
  return undefined;
}

const nowhere: Slot = { existing: undefined, put: () => undefined };

function runProperty(file: FileContext, property: Property): Frame | undefined {
  if (property.broken) return property.value === undefined ? undefined : evaluate(file, property.value, nowhere);
  const raw = file.text.slice(property.key.start, property.key.end);
  const key = property.key.escapes ? decodeEscapes(raw) : raw;
  const at = placeAt(file, property.key.offset);
  const added = { key, at, priority: file.priority & 15, strategy: file.strategy };
  const slot = slotFor(file.container, added, file.load.inherited);
  if (slot === undefined) {
    const hint = 'this text was included with `duplicate=error`';
    fail(file, at, `duplicate element for key '${key}' found`, hint);
  }
  if (property.value !== undefined) return evaluate(file, property.value, slot ?? nowhere);
  slot?.put({ type: 'null', priority: file.priority & 15, at });
  return undefined;
}

/** Puts a value into its slot; for a container, gives the frame in which to go on. */
function evaluate(file: FileContext, node: ValueNode, slot: Slot): Frame | undefined {
  switch (node.kind) {
    case 'broken':
      return undefined;
    case 'object': {
      const into = slot.existing ?? newObject(file, node);
      if (into.type === 'array') return cannotMerge(file, node);
      if (into !== slot.existing) slot.put(into);
      return { node, into, next: 0 };
    }
    case 'array': {
      const into = slot.existing ?? newArray(file, node);
      if (into.type === 'object') return cannotMerge(file, node);
      if (into !== slot.existing) slot.put(into);
      return { node, into, next: 0 };
    }
    default:
      slot.put(
        scalarValue(node, {
          text: file.text,
          at: placeAt(file, node.offset),
          priority: file.priority & 15,
          variables: () => variablesOf(file),
        }),
      );
      return undefined;
  }
}

function cannotMerge(file: FileContext, node: ObjectNode | ArrayNode): undefined {
  const hint = 'the key has the other kind of value already, and this text is included with `duplicate=merge`';
  fail(file, placeAt(file, node.offset), 'cannot merge an object with an array', hint);
}

function newObject(file: FileContext, node: { readonly offset: number }): UclObject {
  return { type: 'object', entries: new Map(), priority: file.priority & 15, at: placeAt(file, node.offset) };
}

function newArray(file: FileContext, node: { readonly offset: number }): UclArray {
  return { type: 'array', items: [], implicit: false, priority: file.priority & 15, at: placeAt(file, node.offset) };
}
