/**
 * A template in pieces, in the order in which they stand. `at` is the offset of what a message about the node is
 * about. `lstrip` and `rstrip` are nodes of their own: they strip what was put out before them, or is put out next.
 */
export type TemplateNode = TextNode | StripNode | CodeNode | IfNode | ForNode | BlockNode;

interface TextNode {
  readonly kind: 'text';
  readonly at: number;
  readonly text: string;
}

interface StripNode {
  readonly kind: 'lstrip' | 'rstrip';
  readonly at: number;
}

/** A tag that is nothing but code. */
export interface CodeNode {
  readonly kind: 'variable' | 'set' | 'do' | 'include' | 'import' | 'extends';
  readonly at: number;
  readonly code: string;
}

export interface IfNode {
  readonly kind: 'if';
  readonly at: number;
  readonly branches: readonly Branch[];
  readonly otherwise: Body | undefined;
}

export interface ForNode {
  readonly kind: 'for';
  readonly at: number;
  readonly code: string;
  readonly body: Body;
  readonly otherwise: Body | undefined;
}

export interface BlockNode {
  readonly kind: 'macro' | 'call' | 'filter' | 'block';
  readonly at: number;
  readonly code: string;
  readonly body: Body;
}

export type Body = readonly TemplateNode[];

export interface Branch {
  readonly at: number;
  readonly code: string;
  readonly body: Body;
}

/** A mistake at a place of the template. */
export class TemplateError extends Error {
  readonly at: number;
  readonly hint: string | undefined;

  constructor(message: string, at: number, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}
