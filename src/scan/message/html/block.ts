import type { Color, Dimension, Display } from './css/values.ts';

/** Where a value comes from; the greater wins. */
const unset = 0;
const inherited = 1;
const set = 3;

const white: Color = { r: 255, g: 255, b: 255, alpha: 255 };
const black: Color = { r: 0, g: 0, b: 0, alpha: 255 };

/**
 * How the box of an element shows (rspamd: src/libserver/html/html_block.hxx). Sizes are pixels, negative ones percent of
 * the box around.
 */
export class Block {
  foreground: Color = { r: 0, g: 0, b: 0, alpha: 0 };
  background: Color = { r: 0, g: 0, b: 0, alpha: 0 };
  fontSize = 0;
  display: Display = 'inline';
  #height = 0;
  #width = 0;
  #overflowHidden = false;
  /** Put where nobody sees it. */
  offscreen = false;
  #foregroundFrom = unset;
  #backgroundFrom = unset;
  #fontFrom = unset;
  #displayFrom = unset;
  #heightFrom = unset;
  #widthFrom = unset;
  #overflowFrom = unset;
  /** `hidden` takes its text out, `transparent` only its colour. */
  visibility: 'visible' | 'hidden' | 'transparent' = 'visible';

  get hasForeground(): boolean {
    return this.#foregroundFrom !== unset;
  }

  get hasBackground(): boolean {
    return this.#backgroundFrom !== unset;
  }

  get hasFontSize(): boolean {
    return this.#fontFrom !== unset;
  }

  get isVisible(): boolean {
    return this.visibility === 'visible';
  }

  /** Its own way to be displayed is known, not only the one of its kind. */
  get hasDisplay(): boolean {
    return this.#displayFrom >= set;
  }

  setForeground(color: Color): void {
    this.foreground = color;
    this.#foregroundFrom = set;
  }

  setBackground(color: Color): void {
    this.background = color;
    this.#backgroundFrom = set;
  }

  setDisplay(display: Display, isOwn = true): void {
    this.display = display;
    this.#displayFrom = isOwn ? set : inherited;
  }

  setOverflow(hidden: boolean): void {
    this.#overflowHidden = hidden;
    this.#overflowFrom = set;
  }

  setFontSize(dimension: Dimension): void {
    this.fontSize = limited(dimension, -128, -100, 127);
    this.#fontFrom = set;
  }

  setHeight(dimension: Dimension): void {
    this.#height = limited(dimension, -32768, -100, 32767);
    this.#heightFrom = set;
  }

  setWidth(dimension: Dimension): void {
    this.#width = limited(dimension, -32768, -32768, 32767);
    this.#widthFrom = set;
  }

  copy(): Block {
    const block = new Block();
    block.foreground = this.foreground;
    block.background = this.background;
    block.fontSize = this.fontSize;
    block.display = this.display;
    block.#height = this.#height;
    block.#width = this.#width;
    block.#overflowHidden = this.#overflowHidden;
    block.offscreen = this.offscreen;
    block.#foregroundFrom = this.#foregroundFrom;
    block.#backgroundFrom = this.#backgroundFrom;
    block.#fontFrom = this.#fontFrom;
    block.#displayFrom = this.#displayFrom;
    block.#heightFrom = this.#heightFrom;
    block.#widthFrom = this.#widthFrom;
    block.#overflowFrom = this.#overflowFrom;
    block.visibility = this.visibility;
    return block;
  }

  /** Takes over what the box around has and this one has not. */
  inherit(outer: Block): void {
    if (outer.#foregroundFrom > this.#foregroundFrom) {
      this.foreground = outer.foreground;
      this.#foregroundFrom = inherited;
    }
    if (outer.#backgroundFrom > this.#backgroundFrom) {
      this.background = outer.background;
      this.#backgroundFrom = inherited;
    }
    // What is in a hidden box stays hidden.
    if ((outer.#displayFrom !== unset && outer.display === 'hidden') || outer.#displayFrom > this.#displayFrom) {
      this.display = outer.display;
      this.#displayFrom = inherited;
    }
    [this.#height, this.#heightFrom] = size(this.#height, this.#heightFrom, outer.#height, outer.#heightFrom, 800, 16);
    [this.#width, this.#widthFrom] = size(this.#width, this.#widthFrom, outer.#width, outer.#widthFrom, 1024, 16);
    [this.fontSize, this.#fontFrom] = size(this.fontSize, this.#fontFrom, outer.fontSize, outer.#fontFrom, 10, 8);
  }

  /** Takes over what rules of a style sheet say and the element itself does not. */
  override(rules: Block): void {
    const takes = (own: number, other: number) => other !== unset && own !== set;
    if (takes(this.#foregroundFrom, rules.#foregroundFrom))
      [this.foreground, this.#foregroundFrom] = [rules.foreground, rules.#foregroundFrom];
    if (takes(this.#backgroundFrom, rules.#backgroundFrom))
      [this.background, this.#backgroundFrom] = [rules.background, rules.#backgroundFrom];
    if (takes(this.#displayFrom, rules.#displayFrom))
      [this.display, this.#displayFrom] = [rules.display, rules.#displayFrom];
    if (takes(this.#heightFrom, rules.#heightFrom))
      [this.#height, this.#heightFrom] = [rules.#height, rules.#heightFrom];
    if (takes(this.#widthFrom, rules.#widthFrom)) [this.#width, this.#widthFrom] = [rules.#width, rules.#widthFrom];
    if (takes(this.#fontFrom, rules.#fontFrom)) [this.fontSize, this.#fontFrom] = [rules.fontSize, rules.#fontFrom];
    if (takes(this.#overflowFrom, rules.#overflowFrom))
      [this.#overflowHidden, this.#overflowFrom] = [rules.#overflowHidden, rules.#overflowFrom];
  }

  /** Finds out whether its text can be seen (rspamd: html_block.hxx:compute_visibility). */
  computeVisibility(): void {
    this.visibility = this.#isHidden() ? 'hidden' : this.#isTransparent() ? 'transparent' : 'visible';
  }

  #isHidden(): boolean {
    if (this.#displayFrom !== unset && this.display === 'hidden') return true;
    if (this.#fontFrom !== unset && this.fontSize >= 0 && this.fontSize <= 3) return true;
    if (this.#overflowFrom === unset || !this.#overflowHidden) return false;
    const isFlat =
      (this.#heightFrom !== unset && this.#height === 0) || (this.#widthFrom !== unset && this.#width === 0);
    if (isFlat) this.setDisplay('hidden');
    return isFlat;
  }

  #isTransparent(): boolean {
    if (this.hasForeground && this.foreground.alpha < 10) return true;
    if (!this.hasBackground) return this.hasForeground && areSimilar(this.foreground, white);
    return this.background.alpha > 10 && areSimilar(this.hasForeground ? this.foreground : black, this.background);
  }
}

function limited({ size, percent }: Dimension, min: number, below: number, max: number): number {
  const value = percent ? -size : size;
  return value < min ? below : Math.min(max, Math.trunc(value));
}

/** A size of a box in another one; `bits` as long as the original keeps it. */
function size(
  own: number,
  ownFrom: number,
  outer: number,
  outerFrom: number,
  usual: number,
  bits: 8 | 16,
): readonly [value: number, from: number] {
  const cut = (value: number) => (Math.trunc(value) << (32 - bits)) >> (32 - bits);
  if (ownFrom === unset || own >= 0) return outerFrom > ownFrom ? [outer, inherited] : [own, ownFrom];
  if (outerFrom === unset) return [cut(usual * (-own / 100)), ownFrom];
  return [cut(outer >= 0 ? outer * (-own / 100) : own * (-outer / 100)), ownFrom];
}

function areSimilar(a: Color, b: Color): boolean {
  const red = (a.r - b.r) ** 2;
  const green = (a.g - b.g) ** 2;
  const blue = (a.b - b.b) ** 2;
  const mean = (a.r + b.r) / 2;
  return Math.sqrt(2 * red + 4 * green + 3 * blue + (mean * (red - blue)) / 256) / 256 < 0.1;
}
