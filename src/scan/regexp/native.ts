import type { Assertion, Node, Pattern } from './ast.ts';
import { type CharSet, onlyCharacter } from './charset.ts';
import { widthOf } from './measure.ts';

/** A pattern as JavaScript's own expression, with what it may cost. */
export interface NativePattern {
  readonly source: string;
  readonly flags: string;
  /** How often a place of the subject may be looked at from one start: `factor` times the length to the power `degree`. */
  readonly factor: number;
  readonly degree: number;
  /** Groups hold the same as in PCRE. */
  readonly captures: boolean;
}

/** Beyond that nobody wants to wait for it. */
const maxFactor = 1e6;

/**
 * Puts a pattern into JavaScript's form.
 * @returns undefined where it has none, or where too many ways through it are possible
 */
export function nativeOf(pattern: Pattern): NativePattern | undefined {
  const cost = costOf(pattern.root);
  if (cost === undefined || cost.factor > maxFactor) return undefined;
  const source = sourceOf(pattern.root, pattern.utf);
  if (source === undefined) return undefined;
  return {
    source: pattern.namesNewline ? source : `(?:^|(?<!\\r)|(?!\\n))(?:${source})`,
    flags: pattern.utf ? 'u' : '',
    factor: cost.factor,
    degree: cost.degree,
    captures: !capturesInLoop(pattern.root, false),
  };
}

interface Cost {
  readonly factor: number;
  readonly degree: number;
}

const one: Cost = { factor: 1, degree: 0 };

/** An upper bound of the ways through a node from one place; undefined where there may be too many to tell. */
function costOf(node: Node): Cost | undefined {
  switch (node.type) {
    case 'sequence':
      return node.items.reduce<Cost | undefined>((product, item) => times(product, costOf(item)), one);
    case 'choice':
      return node.items.reduce<Cost | undefined>((sum, item) => plus(sum, costOf(item)), { factor: 0, degree: 0 });
    case 'repeat':
      return repeatCost(node);
    case 'capture':
      return costOf(node.body);
    case 'look':
      return costOf(node.body);
    case 'empty':
    case 'fail':
    case 'set':
    case 'assert':
      return one;
    default:
      return undefined;
  }
}

function times(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { factor: a.factor * b.factor, degree: a.degree + b.degree };
}

function plus(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { factor: a.factor + b.factor, degree: Math.max(a.degree, b.degree) };
}

function repeatCost({ body, min, max }: Node & { type: 'repeat' }): Cost | undefined {
  const inner = costOf(body);
  // Rounds that match nothing are not the same in JavaScript.
  if (inner === undefined || widthOf(body).min === 0) return undefined;
  const rounds = max - min + 1;
  if (max !== Number.POSITIVE_INFINITY && max <= 64) {
    const factor = rounds * inner.factor ** max;
    return factor > maxFactor ? undefined : { factor, degree: inner.degree * max };
  }
  // Only what goes one way in each round leaves one way for each number of rounds.
  if (inner.factor > 1 || inner.degree > 0) return undefined;
  return max === Number.POSITIVE_INFINITY ? { factor: 1, degree: 1 } : { factor: rounds, degree: 0 };
}

/** JavaScript forgets in each round what groups held. */
function capturesInLoop(node: Node, inLoop: boolean): boolean {
  switch (node.type) {
    case 'sequence':
    case 'choice':
      return node.items.some((item) => capturesInLoop(item, inLoop));
    case 'repeat':
      return capturesInLoop(node.body, inLoop || node.max > 1);
    case 'capture':
      return inLoop || capturesInLoop(node.body, inLoop);
    case 'look':
      return capturesInLoop(node.body, true);
    default:
      return false;
  }
}

function sourceOf(node: Node, utf: boolean): string | undefined {
  switch (node.type) {
    case 'empty':
      return '';
    case 'fail':
      return '(?!)';
    case 'set':
      return setSource(node.set, utf);
    case 'sequence':
      return joined(node.items, '', utf);
    case 'choice': {
      const source = joined(node.items, '|', utf);
      return source === undefined ? undefined : `(?:${source})`;
    }
    case 'repeat': {
      const body = sourceOf(node.body, utf);
      if (body === undefined || node.mode === 'possessive') return undefined;
      const bounds = `{${node.min},${node.max === Number.POSITIVE_INFINITY ? '' : node.max}}`;
      return `(?:${body})${bounds}${node.mode === 'lazy' ? '?' : ''}`;
    }
    case 'capture': {
      const body = sourceOf(node.body, utf);
      return body === undefined ? undefined : `(${body})`;
    }
    case 'look': {
      const body = sourceOf(node.body, utf);
      return body === undefined ? undefined : `(?${node.behind ? '<' : ''}${node.negative ? '!' : '='}${body})`;
    }
    case 'assert':
      return assertionSource(node.kind, utf);
    default:
      return undefined;
  }
}

function joined(items: readonly Node[], separator: string, utf: boolean): string | undefined {
  const sources = items.map((item) => sourceOf(item, utf));
  return sources.includes(undefined) ? undefined : sources.join(separator);
}

function assertionSource(kind: Assertion, utf: boolean): string {
  const newline = `\\n-\\r\\x85${utf ? '\\u2028\\u2029' : ''}`;
  switch (kind) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'endOrNewline':
      return `(?=(?:\\r\\n|[${newline}])?$)`;
    case 'lineStart':
      return `(?:^|(?<=[${newline}])(?!$))`;
    case 'lineEnd':
      return `(?=[${newline}]|$)`;
    case 'wordBoundary':
      return '\\b';
    case 'noWordBoundary':
      return '\\B';
  }
}

function setSource(set: CharSet, utf: boolean): string | undefined {
  const only = onlyCharacter(set);
  if (only !== undefined) return character(only, utf);
  const { ranges, negative, properties } = set;
  if (properties.some(({ source }) => source.startsWith('['))) return undefined;
  // Of bytes JavaScript knows more than there are: none beyond 0xff may get in.
  if (!utf && properties.length > 0) return undefined;
  let inner = '';
  for (let at = 0; at < ranges.length; at += 2) {
    const [first, last] = [ranges[at] as number, ranges[at + 1] as number];
    inner += first === last ? character(first, utf) : `${character(first, utf)}-${character(last, utf)}`;
  }
  for (const { source, negative: not } of properties) inner += not ? source.replace('\\p', '\\P') : source;
  return `[${negative ? '^' : ''}${inner}]`;
}

function character(code: number, utf: boolean): string {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a))
    return String.fromCharCode(code);
  return utf && code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
