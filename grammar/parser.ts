import type { IToken } from 'chevrotain';
import { EmbeddedActionsParser } from './chevrotain.ts';
import type { KeyLiteral } from './keys.ts';
import type { MacroPart } from './macros.ts';
import * as t from './tokens/index.ts';
import type { ArrayNode, Document, MacroCall, Member, ObjectNode, Property, Range, ValueNode } from './tree.ts';

/**
 * UCL's rules:
 *
 *     document = BareDocument step*  |  DocumentBrace step*  |  DocumentBracket step*
 *     step     = property | element | macro | Name | IncludeBrace | CloseBrace | CloseBracket | End
 *     property = ( Key | MissingKey ) value?
 *     element  = Item value?
 *     macro    = MacroName MacroArguments? MacroValue?
 *     value    = Quoted | SingleQuoted | Heredoc | Number | Bare | OpenBrace | OpenBracket
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
      { ALT: () => this.#closed(this.CONSUME(t.End)) },
      { ALT: () => this.#closed(this.CONSUME(t.CloseBrace)) },
      { ALT: () => this.#closed(this.CONSUME(t.CloseBracket)) },
      { ALT: () => this.#section(this.CONSUME(t.Name)) },
      { ALT: () => this.#reopen(this.CONSUME(t.IncludeBrace)) },
      { ALT: () => this.SUBRULE(this.property) },
      { ALT: () => this.SUBRULE(this.element) },
      { ALT: () => this.SUBRULE(this.macro) },
    ]);
  });

  readonly property = this.RULE('property', () => {
    const key = this.OR([{ ALT: () => this.CONSUME(t.Key) }, { ALT: () => this.CONSUME(t.MissingKey) }]);
    const member = this.#member(property(key, undefined));
    this.OPTION(() => {
      member.value = this.SUBRULE(this.value);
    });
  });

  readonly element = this.RULE('element', () => {
    this.CONSUME(t.Item);
    const container = this.#open.at(-1);
    this.OPTION(() => {
      const value = this.SUBRULE(this.value);
      if (container?.kind === 'array') container.elements.push(value);
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

  readonly macro = this.RULE('macro', () => {
    const name = this.CONSUME(t.MacroName);
    const range = name.payload as Range;
    const call = this.#member<MacroCall>({
      kind: 'macro',
      offset: name.startOffset,
      name: range,
      arguments: undefined,
      value: undefined,
      broken: false,
    });
    this.OPTION(() => {
      call.arguments = this.#part(call, this.CONSUME(t.MacroArguments));
    });
    this.OPTION2(() => {
      call.value = this.#part(call, this.CONSUME(t.MacroValue));
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

  #section(name: IToken): void {
    const value: ObjectNode = { kind: 'object', offset: name.startOffset, members: [] };
    this.#member(property(name, value));
    this.#open.push(value);
  }

  #part(call: MacroCall, token: IToken): Range {
    const part = token.payload as MacroPart | undefined;
    call.broken ||= part?.broken === true;
    return { start: part?.start ?? token.startOffset, end: part?.end ?? token.startOffset };
  }

  #closed(_bracket: IToken): void {
    this.#open.pop();
  }

  /** Braces around an included text go on in the same object. */
  #reopen(token: IToken): void {
    this.#braces = token.startOffset;
    const top = this.#open.at(-1);
    if (top !== undefined) this.#open.push(top);
  }

  #member<M extends Member>(member: M): M {
    const top = this.#open.at(-1);
    if (top?.kind === 'object') top.members.push(member);
    return member;
  }
}

/** The grammar is recorded by running its rules once without any text: then tokens have no payload. */
function bracketOffset(token: IToken): number {
  return typeof token.payload === 'number' ? token.payload : token.startOffset;
}

function scalar(token: IToken): ValueNode {
  return token.payload as ValueNode;
}

function property(token: IToken, value: ValueNode | undefined): Property {
  const key = token.payload as KeyLiteral | undefined;
  const at = token.startOffset;
  const { start = at, end = at, escapes = false } = key ?? {};
  const broken = key === undefined || key.problems.length > 0;
  return { kind: 'property', key: { offset: at, start, end, escapes }, value, broken };
}
