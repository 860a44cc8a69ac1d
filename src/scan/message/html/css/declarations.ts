import type { ByteString } from '../../bytes.ts';
import { Block } from '../block.ts';
import { type CssNode, parseDeclarationNodes } from './nodes.ts';
import type { Token } from './tokens.ts';
import { plainCss } from './unescape.ts';
import {
  type Color,
  type CssValue,
  colorOf,
  colorOfFunction,
  colorOfHex,
  type Dimension,
  displayOf,
  unitComponent,
} from './values.ts';

/** What a property may have for a value. */
type ValueKind = 'color' | 'dimension' | 'display' | 'share' | 'overflow' | 'position' | 'clip';

/** Properties that say whether text can be seen (rspamd: src/libserver/css/css_property.cxx). */
const properties = new Map<ByteString, readonly ValueKind[]>([
  ['font', ['color', 'dimension']],
  ['font-color', ['color']],
  ['font-size', ['dimension']],
  ['color', ['color']],
  ['background-color', ['color']],
  ['background', ['color']],
  ['height', ['dimension']],
  ['width', ['dimension']],
  ['max-height', ['dimension']],
  ['max-width', ['dimension']],
  ['display', ['display']],
  ['visibility', ['display']],
  ['opacity', ['share']],
  ['overflow', ['overflow']],
  ['position', ['position']],
  ['left', ['dimension']],
  ['top', ['dimension']],
  ['text-indent', ['dimension']],
  ['clip', ['clip']],
  ['clip-path', ['clip']],
]);

const aliases = new Map<ByteString, ByteString>([['bgcolor', 'background-color']]);

/** Values of one property. Rules share them where one style sheet has several selectors before a declaration. */
type Values = CssValue[];

/** Properties and their values, in the order in which they came first. */
export class Declarations {
  readonly #values = new Map<ByteString, Values>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** A later value takes the place of an earlier one of its kind. */
  add(property: ByteString, values: Values): void {
    if (values.length === 0) return;
    const own = this.#values.get(property);
    if (own === undefined) {
      this.#values.set(property, values);
      return;
    }
    const kinds = new Set(own.map(({ kind }) => kind));
    for (const value of values) {
      if (!kinds.has(value.kind)) continue;
      for (const [i, { kind }] of own.entries()) if (kind === value.kind) own[i] = value;
    }
    own.push(...values.filter(({ kind }) => !kinds.has(kind)));
  }

  merge(other: Declarations): void {
    if (other === this) return;
    for (const [property, values] of other.#values) this.add(property, values);
  }

  /** What they make of a box (rspamd: src/libserver/css/css_rule.cxx:compile_to_block). */
  compile(): Block {
    const block = new Block();
    this.#setDisplay(block);
    this.#setColors(block);
    this.#setSizes(block);
    this.#hide(block);
    this.#setFont(block);
    return block;
  }

  #last<K extends CssValue['kind']>(property: ByteString, kind: K): Extract<CssValue, { kind: K }> | undefined {
    const value = this.#values.get(property)?.at(-1);
    return value?.kind === kind ? (value as Extract<CssValue, { kind: K }>) : undefined;
  }

  #setDisplay(block: Block): void {
    for (const property of this.#values.keys()) {
      if (property !== 'display' && property !== 'visibility') continue;
      block.setDisplay(this.#last(property, 'display')?.display ?? 'inline');
    }
    const overflow = this.#last('overflow', 'display');
    if (overflow !== undefined) block.setOverflow(overflow.display === 'hidden');
  }

  #setColors(block: Block): void {
    for (const property of this.#values.keys()) {
      if (property !== 'color' && property !== 'font-color') continue;
      const color = this.#last(property, 'color')?.color;
      if (color !== undefined) block.setForeground(color);
    }
    const color = this.#last('background-color', 'color')?.color;
    if (color !== undefined) block.setBackground(color);
  }

  #setSizes(block: Block): void {
    const size = this.#last('font-size', 'dimension')?.dimension;
    if (size !== undefined) block.setFontSize(size);
    const height = smaller(this.#dimension('height'), this.#dimension('max-height'));
    if (height !== undefined) block.setHeight(height);
    const width = smaller(this.#dimension('width'), this.#dimension('max-width'));
    if (width !== undefined) block.setWidth(width);
  }

  #dimension(property: ByteString): Dimension | undefined {
    return this.#last(property, 'dimension')?.dimension;
  }

  /** What takes text out of sight cannot be undone inside, so it is as if nothing were displayed. */
  #hide(block: Block): void {
    const opacity = this.#last('opacity', 'number')?.number ?? -1;
    if (opacity >= 0 && opacity < 0.1) block.setDisplay('hidden');
    const isPositioned = (this.#last('position', 'number')?.number ?? 0) > 0.5;
    const isClipped = ['clip', 'clip-path'].some((property) => (this.#last(property, 'number')?.number ?? 0) > 0.5);
    const isAway = (property: ByteString) => {
      const dimension = this.#dimension(property);
      return dimension !== undefined && !dimension.percent && dimension.size <= -1000;
    };
    if (isClipped || isAway('text-indent') || (isPositioned && (isAway('left') || isAway('top')))) {
      block.setDisplay('hidden');
      block.offscreen = true;
    }
  }

  /** The short forms count where the long ones are missing. */
  #setFont(block: Block): void {
    const font = this.#values.get('font') ?? [];
    if (!block.hasForeground) for (const color of colorsIn(font)) block.setForeground(color);
    if (!block.hasFontSize) {
      for (const value of font) if (value.kind === 'dimension') block.setFontSize(value.dimension);
    }
    if (!block.hasBackground)
      for (const color of colorsIn(this.#values.get('background') ?? [])) block.setBackground(color);
  }
}

function colorsIn(values: Values): Color[] {
  return values.flatMap((value) => (value.kind === 'color' ? [value.color] : []));
}

/** A size and its upper limit; of a percentage and a length only a limit of 0 can be compared. */
function smaller(size: Dimension | undefined, limit: Dimension | undefined): Dimension | undefined {
  if (size === undefined || limit === undefined) return size ?? limit;
  const takesLimit = size.percent === limit.percent ? limit.size < size.size : limit.size === 0;
  return takesLimit ? limit : size;
}

/** Of a `style` attribute (rspamd: src/libserver/css/css_parser.cxx:parse_css_declaration). */
export function parseStyleAttribute(css: ByteString): Block {
  return readDeclarations(parseDeclarationNodes(plainCss(css))).compile();
}

/** rspamd: src/libserver/css/css_rule.cxx:process_declaration_tokens. */
export function readDeclarations(nodes: readonly CssNode[]): Declarations {
  const declarations = new Declarations();
  let property: ByteString | undefined;
  let values: Values = [];
  let ignoring = false;
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at] as CssNode;
    // A block ends it all, and what has been read of the last declaration does not count.
    if (node.kind === 'block' || node.kind === 'rule') return declarations;
    const token = node.kind === 'token' ? node.token : undefined;
    if (token?.type === ';' && (ignoring || property !== undefined)) {
      if (property !== undefined) declarations.add(property, values);
      property = undefined;
      ignoring = false;
    } else if (property !== undefined) {
      const value = cssValue(property, node);
      if (value !== undefined) values.push(value);
    } else if (!ignoring && token !== undefined) {
      property = propertyOf(token);
      ignoring = property === undefined;
      if (ignoring) continue;
      const colon = nodes[++at];
      ignoring = colon?.kind !== 'token' || colon.token.type !== ':';
      if (ignoring) property = undefined;
      values = [];
    }
  }
  if (property !== undefined) declarations.add(property, values);
  return declarations;
}

function propertyOf({ type, text }: Token): ByteString | undefined {
  if (type !== 'ident') return undefined;
  const name = aliases.get(text) ?? text;
  return properties.has(name) ? name : undefined;
}

/** rspamd: src/libserver/css/css_rule.cxx:allowed_property_value. */
function cssValue(property: ByteString, node: CssNode): CssValue | undefined {
  for (const kind of properties.get(property) as readonly ValueKind[]) {
    if (kind === 'color' && takesColor(node)) {
      const color = colorOfNode(node);
      return color === undefined ? undefined : { kind: 'color', color };
    }
    const value = kind === 'clip' ? clipValue(node) : node.kind === 'token' ? tokenValue(kind, node.token) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Nothing else is made of names and functions where a colour may stand. */
function takesColor(node: CssNode): boolean {
  return (
    node.kind === 'function' || (node.kind === 'token' && (node.token.type === 'hash' || node.token.type === 'ident'))
  );
}

function colorOfNode(node: CssNode): Color | undefined {
  if (node.kind === 'function') return colorOfFunction(node);
  if (node.kind !== 'token') return undefined;
  return node.token.type === 'hash' ? colorOfHex(node.token.text) : colorOf(node.token.text);
}

function tokenValue(kind: ValueKind, token: Token): CssValue | undefined {
  const { type, text, number } = token;
  if (kind === 'dimension' || kind === 'share') {
    if (number === undefined) return undefined;
    if (kind === 'share') return { kind: 'number', number: unitComponent(token) };
    return { kind: 'dimension', dimension: { size: number, percent: token.percent === true } };
  }
  if (type !== 'ident') return undefined;
  if (kind === 'position') return { kind: 'number', number: text === 'absolute' || text === 'fixed' ? 1 : 0 };
  const overflow = text === 'hidden' || text === 'clip' ? 'hidden' : 'inline';
  const display = kind === 'overflow' ? overflow : kind === 'display' ? displayOf(text) : undefined;
  return display === undefined ? undefined : { kind: 'display', display };
}

/** 1 for a form that leaves nothing to see. */
function clipValue(node: CssNode): CssValue | undefined {
  if (node.kind === 'token') return { kind: 'number', number: 0 };
  return node.kind === 'function' ? { kind: 'number', number: clipHides(node) ? 1 : 0 } : undefined;
}

/** rspamd: src/libserver/css/css_rule.cxx:clip_function_hides. */
function clipHides({ name, args }: Extract<CssNode, { kind: 'function' }>): boolean {
  const numbers = args.filter(({ number }) => number !== undefined) as (Token & { number: number })[];
  const [first] = numbers;
  if (first === undefined) return false;
  if (name === 'rect') return numbers.every(({ number }) => Math.abs(number) <= 1);
  if (name === 'inset') return first.percent === true && first.number >= 50;
  return (name === 'circle' || name === 'ellipse') && first.number <= 0;
}
