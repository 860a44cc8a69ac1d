/**
 * The syntax tree of one text. Every `offset`, `start` and `end` is a byte offset into it; names and strings are ranges
 * that still have their escapes and variables.
 */
export interface Document {
  /** What stands at the top level; the keys of a text without outer braces are an object, too. */
  readonly root: ObjectNode | ArrayNode;
  /** The top level has braces of its own, and where. */
  readonly braces: number | undefined;
}

export type Member = Property | MacroCall;

export interface Property {
  readonly kind: 'property';
  readonly key: Range & { readonly offset: number; readonly escapes: boolean };
  /** Undefined when the text ends before it. */
  value: ValueNode | undefined;
  /** A mistake was found in the key: only its value is worth looking at. */
  readonly broken: boolean;
}

export interface MacroCall {
  readonly kind: 'macro';
  readonly offset: number;
  readonly name: Range;
  arguments: Range | undefined;
  /** Undefined when the text ends before it. */
  value: Range | undefined;
  /** A mistake was found in it: it must not be run. */
  broken: boolean;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type ValueNode = ObjectNode | ArrayNode | StringNode | NumberNode | BrokenNode;

export interface ObjectNode {
  readonly kind: 'object';
  readonly offset: number;
  readonly members: Member[];
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly offset: number;
  readonly elements: ValueNode[];
}

/** A `bare` one may still turn out to be a keyword such as `true`. */
export interface StringNode extends Range {
  readonly kind: 'string';
  readonly offset: number;
  readonly style: 'bare' | 'quoted' | 'single' | 'heredoc';
  readonly escapes: boolean;
  readonly dollar: boolean;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly offset: number;
  readonly type: 'int' | 'float' | 'time';
  readonly value: bigint | number;
}

/** A value with a mistake in it, which has been reported. */
export interface BrokenNode {
  readonly kind: 'broken';
  readonly offset: number;
}
