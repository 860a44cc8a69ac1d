import type { Node } from './ast.ts';

/** Characters that something matches, at least and at most. */
export interface Width {
  readonly min: number;
  readonly max: number;
}

const nothing: Width = { min: 0, max: 0 };
/** What cannot be told from the pattern. */
const anything: Width = { min: 0, max: Number.POSITIVE_INFINITY };

export function widthOf(node: Node): Width {
  switch (node.type) {
    case 'set':
      return { min: 1, max: 1 };
    case 'sequence':
      return node.items
        .map(widthOf)
        .reduce((sum, one) => ({ min: sum.min + one.min, max: sum.max + one.max }), nothing);
    case 'choice':
      return node.items
        .map(widthOf)
        .reduce((sum, one) => ({ min: Math.min(sum.min, one.min), max: Math.max(sum.max, one.max) }));
    case 'repeat': {
      const { min, max } = widthOf(node.body);
      return { min: min * node.min, max: max === 0 ? 0 : max * node.max };
    }
    case 'capture':
    case 'atomic':
      return widthOf(node.body);
    case 'condition': {
      const [yes, no] = [widthOf(node.yes), widthOf(node.no)];
      return node.test.type === 'define' ? nothing : { min: Math.min(yes.min, no.min), max: Math.max(yes.max, no.max) };
    }
    case 'reference':
    case 'call':
      return anything;
    case 'fail':
    case 'accept':
    case 'empty':
    case 'look':
    case 'assert':
    case 'keep':
    case 'back':
      return nothing;
  }
}

/** Whether something is in a pattern that makes the way to a place count, not only the place. */
export function isRegular(node: Node): boolean {
  switch (node.type) {
    case 'sequence':
    case 'choice':
      return node.items.every(isRegular);
    case 'repeat':
      return node.mode !== 'possessive' && isRegular(node.body);
    case 'capture':
      return isRegular(node.body);
    case 'empty':
    case 'fail':
    case 'set':
    case 'assert':
    case 'keep':
      return true;
    default:
      return false;
  }
}

/** Groups whose pattern is used once more elsewhere. */
export function calledGroups(node: Node, into: Set<number> = new Set()): ReadonlySet<number> {
  switch (node.type) {
    case 'call':
      into.add(node.group);
      break;
    case 'sequence':
    case 'choice':
      for (const item of node.items) calledGroups(item, into);
      break;
    case 'repeat':
    case 'capture':
    case 'atomic':
    case 'look':
      calledGroups(node.body, into);
      break;
    case 'condition':
      calledGroups(node.yes, into);
      calledGroups(node.no, into);
      if (node.test.type === 'look') calledGroups(node.test.look, into);
      break;
    default:
      break;
  }
  return into;
}
