import type { IToken } from 'chevrotain';
import { EmbeddedActionsParser } from './chevrotain.ts';
import type { KeyLiteral } from './keys.ts';
import type { MacroPart } from './macros.ts';
import * as t from './tokens.ts';
import type { ArrayNode, Document, MacroCall, ObjectNode, Property, StringNode, ValueNode } from './tree.ts';

/** A token with what its matcher found. */
type Found<P> = IToken & { payload: P };

/**
 * UCL's rules:
 *
 *     document = BareDocument step*  |  DocumentBrace step*  |  DocumentBracket step*
 *     step     = Name | Key value? | Item value | macro | close | IncludeBrace
 *     macro    = MacroName MacroArguments? MacroValue?
 *     value    = Quoted | SingleQuoted | Heredoc | Number | Bare | OpenBrace | OpenBracket
 *     close    = CloseBrace | CloseBracket | End
 *
 * Which step may come where, and that brackets match, is the lexer's business: it has a mode for each container. So
 * nesting is a stack here and no recursion, and a text of a thousand brackets needs no deeper call stack than any.
 */
export class UclParser extends EmbeddedActionsParser {
  #open: (ObjectNode | ArrayNode)[] = [];
  #braces: number | undefined;

  constructor(skipValidations: boolean) {
    super(t.allTokens, { skipValidations, maxLookahead: 1, recoveryEnabled: false, nodeLocationTracking: 'none' });
    this.performSelfAnalysis();
  }

  readonly document = this.RULE('document', (): Document => {
    this.#open = [];
    this.#braces = undefined;
    const root = this.OR<ObjectNode | ArrayNode>([
      { ALT: () => this.#object(this.CONSUME(t.BareDocument)) },
      { ALT: () => this.#braced(this.#object(this.CONSUME(t.DocumentBrace))) },
      { ALT: () => this.#braced(this.#array(this.CONSUME(t.DocumentBracket))) },
    ]);
    this.MANY(() => this.SUBRULE(this.step));
    return { root, braces: this.#braces };
  });

  readonly step = this.RULE('step', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.section) },
      { ALT: () => this.SUBRULE(this.property) },
      { ALT: () => this.SUBRULE(this.element) },
      { ALT: () => this.SUBRULE(this.macro) },
      { ALT: () => this.SUBRULE(this.close) },
      { ALT: () => this.#reopen(this.CONSUME(t.IncludeBrace)) },
    ]);
  });

  readonly section = this.RULE('section', () => {
    const name = this.CONSUME(t.Name) as Found<KeyLiteral>;
    this.ACTION(() => {
      const value: ObjectNode = { kind: 'object', offset: name.startOffset, members: [] };
      this.#member(property(name, value));
      this.#open.push(value);
    });
  });

  readonly property = this.RULE('property', () => {
    const key = this.OR([
      { ALT: () => this.CONSUME(t.Key) as Found<KeyLiteral> },
      { ALT: () => this.CONSUME(t.MissingKey) as Found<undefined> },
    ]);
    const member = this.ACTION(() => {
      const made = property(key, undefined);
      this.#member(made);
      return made;
    });
    this.OPTION(() => {
      const value = this.SUBRULE(this.value);
      this.ACTION(() => {
        member.value = value;
      });
    });
  });

  readonly element = this.RULE('element', () => {
    this.CONSUME(t.Item);
    this.OPTION(() => {
      const container = this.ACTION(() => this.#open.at(-1));
      const value = this.SUBRULE(this.value);
      this.ACTION(() => {
        if (container?.kind === 'array') container.elements.push(value);
      });
    });
  });

  readonly value = this.RULE(
    'value',
    (): ValueNode =>
      this.OR<ValueNode>([
        { ALT: () => scalar(this.CONSUME(t.Quoted)) },
        { ALT: () => scalar(this.CONSUME(t.SingleQuoted)) },
        { ALT: () => scalar(this.CONSUME(t.Heredoc)) },
        { ALT: () => scalar(this.CONSUME(t.NumberToken)) },
        { ALT: () => scalar(this.CONSUME(t.Bare)) },
        { ALT: () => this.#object(this.CONSUME(t.OpenBrace)) },
        { ALT: () => this.#array(this.CONSUME(t.OpenBracket)) },
      ]),
  );

  readonly close = this.RULE('close', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.CloseBrace) },
      { ALT: () => this.CONSUME(t.CloseBracket) },
      { ALT: () => this.CONSUME(t.End) },
    ]);
    this.ACTION(() => this.#open.pop());
  });

  readonly macro = this.RULE('macro', () => {
    const name = this.CONSUME(t.MacroName) as Found<MacroPart>;
    const call = this.ACTION((): MacroCall => {
      const made: MacroCall = {
        kind: 'macro',
        offset: name.startOffset,
        name: name.payload,
        arguments: undefined,
        value: undefined,
      };
      this.#member(made);
      return made;
    });
    this.OPTION(() => {
      const found = this.CONSUME(t.MacroArguments) as Found<MacroPart>;
      this.ACTION(() => {
        call.arguments = found.payload;
      });
    });
    this.OPTION2(() => {
      const found = this.CONSUME(t.MacroValue) as Found<MacroPart>;
      this.ACTION(() => {
        call.value = found.payload;
      });
    });
  });

  #object(token: IToken): ObjectNode {
    const node: ObjectNode = { kind: 'object', offset: bracketOffset(token), members: [] };
    this.#open.push(node);
    return node;
  }

  #array(token: IToken): ArrayNode {
    const node: ArrayNode = { kind: 'array', offset: bracketOffset(token), elements: [] };
    this.#open.push(node);
    return node;
  }

  #braced<N extends ObjectNode | ArrayNode>(node: N): N {
    this.#braces = node.offset;
    return node;
  }

  /** Braces around an included text go on in the same object. */
  #reopen(token: IToken): void {
    this.#braces = token.startOffset;
    const top = this.#open.at(-1);
    if (top !== undefined) this.#open.push(top);
  }

  #member(member: Property | MacroCall): void {
    const top = this.#open.at(-1);
    if (top?.kind === 'object') top.members.push(member);
  }
}

function bracketOffset(token: IToken): number {
  return typeof token.payload === 'number' ? token.payload : token.startOffset;
}

function scalar(token: IToken): ValueNode {
  return token.payload as StringNode;
}

function property(token: Found<KeyLiteral | undefined>, value: ValueNode | undefined): Property {
  const key = token.payload;
  if (key === undefined) {
    const at = token.startOffset;
    return { kind: 'property', key: { offset: at, start: at, end: at, escapes: false }, value, broken: true };
  }
  const { offset, start, end, escapes } = key;
  return { kind: 'property', key: { offset, start, end, escapes }, value, broken: key.problems.length > 0 };
}
