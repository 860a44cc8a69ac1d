import type { Node } from './ast.ts';
import { type CharSet, onlyCharacter } from './charset.ts';
import { widthOf } from './measure.ts';

/** By which bytes a match can begin: for each of the first 256 characters, and all beyond them. */
export interface StartSet {
  readonly low: Uint8Array;
  high: boolean;
}

/** @returns undefined where a match can begin anywhere */
export function startSetOf(root: Node): StartSet | undefined {
  const set: StartSet = { low: new Uint8Array(256), high: false };
  return collect(root, set) ? undefined : set;
}

/** @returns whether what is behind the node counts too */
function collect(node: Node, into: StartSet): boolean {
  switch (node.type) {
    case 'set':
      addSet(node.set, into);
      return false;
    case 'sequence':
      return node.items.every((item) => collect(item, into));
    case 'choice':
      return node.items.map((item) => collect(item, into)).includes(true);
    case 'repeat':
      return node.max === 0 || collect(node.body, into) || node.min === 0;
    case 'capture':
    case 'atomic':
      return collect(node.body, into);
    case 'fail':
      return false;
    case 'empty':
    case 'look':
    case 'assert':
    case 'keep':
      return true;
    default:
      into.low.fill(1);
      into.high = true;
      return true;
  }
}

function addSet({ low }: CharSet, into: StartSet): void {
  for (let code = 0; code < 256; code++) if (low[code] === 1) into.low[code] = 1;
  into.high = true;
}

/** Every match begins at the start of the subject. */
export function isAnchored(node: Node): boolean {
  switch (node.type) {
    case 'assert':
      return node.kind === 'start';
    case 'sequence':
      for (const item of node.items) {
        if (isAnchored(item)) return true;
        if (widthOf(item).max > 0) return false;
      }
      return false;
    case 'choice':
      return node.items.every(isAnchored);
    case 'capture':
    case 'atomic':
      return isAnchored(node.body);
    default:
      return false;
  }
}

/** A text that is in every match. */
export interface Literal {
  readonly text: string;
  /** In lower case, to be looked for in a subject in lower case (of ASCII). */
  readonly caseless: boolean;
}

/** The longest text that every match has; undefined where there is none of some use. */
export function literalOf(root: Node): Literal | undefined {
  const runs: Literal[] = [];
  let run = '';
  let caseless = false;
  const end = (): void => {
    if (run.length > 1) runs.push({ text: run, caseless });
    run = '';
    caseless = false;
  };
  const visit = (node: Node): void => {
    const letter = node.type === 'set' ? letterOf(node.set) : undefined;
    if (letter !== undefined) {
      run += letter.text;
      caseless ||= letter.caseless;
    } else if (node.type === 'sequence') {
      for (const item of node.items) visit(item);
    } else if (node.type === 'capture') {
      visit(node.body);
    } else if (node.type === 'repeat' && node.min > 0) {
      end();
      visit(node.body);
      end();
    } else if (node.type !== 'empty') {
      end();
    }
  };
  if (canFinishEarly(root)) return undefined;
  visit(root);
  end();
  return runs.reduce<Literal | undefined>(
    (best, one) => (best && best.text.length >= one.text.length ? best : one),
    undefined,
  );
}

/** One character, or one letter of ASCII in both cases. */
function letterOf(set: CharSet): Literal | undefined {
  const only = onlyCharacter(set);
  if (only !== undefined) return { text: String.fromCodePoint(only), caseless: false };
  const { ranges, negative, properties } = set;
  if (negative || properties.length > 0 || ranges.length !== 4) return undefined;
  const [upper, , lower, last] = ranges as [number, number, number, number];
  const isPair = ranges[1] === upper && last === lower && lower === upper + 0x20 && upper >= 0x41 && upper <= 0x5a;
  return isPair ? { text: String.fromCharCode(lower), caseless: true } : undefined;
}

/** There is a way to success that leaves things out. */
function canFinishEarly(node: Node): boolean {
  switch (node.type) {
    case 'accept':
    case 'call':
      return true;
    case 'sequence':
    case 'choice':
      return node.items.some(canFinishEarly);
    case 'repeat':
    case 'capture':
    case 'atomic':
    case 'look':
      return canFinishEarly(node.body);
    case 'condition':
      return canFinishEarly(node.yes) || canFinishEarly(node.no);
    default:
      return false;
  }
}
