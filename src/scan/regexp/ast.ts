import type { CharSet } from './charset.ts';

/** What a regular expression says. */
export type Node =
  | { readonly type: 'empty' }
  /** Never matches. */
  | { readonly type: 'fail' }
  /** Ends the match with success. */
  | { readonly type: 'accept' }
  | { readonly type: 'set'; readonly set: CharSet }
  | { readonly type: 'sequence'; readonly items: readonly Node[] }
  | { readonly type: 'choice'; readonly items: readonly Node[] }
  | {
      readonly type: 'repeat';
      readonly body: Node;
      readonly min: number;
      readonly max: number;
      readonly mode: RepeatMode;
    }
  | { readonly type: 'capture'; readonly group: number; readonly body: Node }
  /** What matched once is not tried otherwise. */
  | { readonly type: 'atomic'; readonly body: Node }
  | { readonly type: 'look'; readonly behind: boolean; readonly negative: boolean; readonly body: Node }
  | { readonly type: 'assert'; readonly kind: Assertion }
  /** Of several groups of one name the first that is set counts. */
  | { readonly type: 'reference'; readonly groups: readonly number[]; readonly caseless: boolean }
  /** What was matched so far is not part of the match. */
  | { readonly type: 'keep' }
  | { readonly type: 'condition'; readonly test: Condition; readonly yes: Node; readonly no: Node }
  /** The place so many characters before. */
  | { readonly type: 'back'; readonly count: number }
  /** The pattern of a group once more; 0 the whole. */
  | { readonly type: 'call'; readonly group: number };

export type RepeatMode = 'greedy' | 'lazy' | 'possessive';

/** `endOrNewline`: at the end, or before a newline there. `lineStart`, `lineEnd`: of each line. */
export type Assertion = 'start' | 'end' | 'endOrNewline' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

export type Condition =
  | { readonly type: 'groups'; readonly groups: readonly number[] }
  | { readonly type: 'look'; readonly look: Node }
  /** Never: what stands there is only called. */
  | { readonly type: 'define' };

export interface Pattern {
  readonly root: Node;
  /** Groups that capture. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, readonly number[]>;
  /** Characters instead of bytes. */
  readonly utf: boolean;
  /** A carriage return or a line feed is named in it: then a match may begin between the two. */
  readonly namesNewline: boolean;
}

/** A pattern that is wrong, or that we cannot do. */
export class PatternError extends Error {
  /** In characters of the pattern. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'PatternError';
    this.offset = offset;
  }
}
