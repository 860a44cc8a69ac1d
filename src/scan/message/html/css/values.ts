import type { ByteString } from '../../bytes.ts';
import { hexValue } from '../../bytes.ts';
import { namedColor } from './colors.ts';
import type { CssNode } from './nodes.ts';
import type { Token } from './tokens.ts';

/** Red, green, blue and how opaque it is, each 0 to 255. */
export interface Color {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly alpha: number;
}

/** How a box shows; `hidden` not at all. */
export type Display = 'inline' | 'block' | 'table-row' | 'hidden';

export interface Dimension {
  readonly size: number;
  readonly percent: boolean;
}

export type CssValue =
  | { readonly kind: 'color'; readonly color: Color }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'display'; readonly display: Display }
  | { readonly kind: 'dimension'; readonly dimension: Dimension };

/** A colour by its name or `#` and 3, 6 or 8 digits (rspamd: css_value.cxx:maybe_color_from_string). */
export function colorOf(text: ByteString): Color | undefined {
  return text.length > 1 && text.startsWith('#') ? colorOfHex(text.slice(1)) : namedColor(text);
}

/** What is no digit counts as 0. */
export function colorOfHex(text: ByteString): Color | undefined {
  const digits = text.length === 3 ? [...text].map((c) => c + c).join('') : text;
  if (digits.length !== 6 && digits.length !== 8) return undefined;
  const pair = (at: number) =>
    Math.max(0, hexValue(digits.charCodeAt(at))) * 16 + Math.max(0, hexValue(digits.charCodeAt(at + 1)));
  return { r: pair(0), g: pair(2), b: pair(4), alpha: digits.length === 8 ? pair(6) : 255 };
}

/** `rgb()`, `rgba()`, `hsl()`, `hsla()` (rspamd: css_value.cxx:maybe_color_from_function). */
export function colorOfFunction({ name, args }: Extract<CssNode, { kind: 'function' }>): Color | undefined {
  const [a, b, c, d] = args as [Token, Token, Token, Token];
  switch (`${name} ${args.length}`) {
    case 'rgb 3':
      return { r: rgbComponent(a), g: rgbComponent(b), b: rgbComponent(c), alpha: 255 };
    case 'rgba 4':
      return { r: rgbComponent(a), g: rgbComponent(b), b: rgbComponent(c), alpha: alphaComponent(d) };
    case 'hsl 3':
      return rgbOfHsl(hueComponent(a), unitComponent(b), unitComponent(c), 255);
    case 'hsla 4':
      return rgbOfHsl(hueComponent(a), unitComponent(b), unitComponent(c), alphaComponent(d));
    default:
      return undefined;
  }
}

function clamp(number: number, max: number): number {
  return Math.min(max, Math.max(0, number));
}

function rgbComponent({ number, percent }: Token): number {
  if (number === undefined) return 0;
  return Math.trunc(percent === true ? (clamp(number, 100) / 100) * 255 : clamp(number, 255));
}

function alphaComponent({ number, percent }: Token): number {
  if (number === undefined) return 255;
  return Math.trunc((percent === true ? clamp(number, 100) / 100 : clamp(number, 1)) * 255);
}

function hueComponent({ number, percent }: Token): number {
  if (number === undefined) return 0;
  return percent === true ? clamp(number, 100) / 100 : (((Math.trunc(number) % 360) + 360) % 360) / 360;
}

/** A share of 1. */
export function unitComponent({ number, percent }: Token): number {
  if (number === undefined) return 0;
  return clamp(percent === true ? Math.fround(number / 100) : number, 1);
}

/** Grey is taken for nearly black. */
function rgbOfHsl(hue: number, saturation: number, lightness: number, alpha: number): Color {
  if (saturation === 0) {
    const grey = Math.trunc(lightness);
    return { r: grey, g: grey, b: grey, alpha };
  }
  const q = lightness <= 0.5 ? lightness * (1 + saturation) : lightness + saturation - lightness * saturation;
  const p = 2 * lightness - q;
  const component = (shifted: number) => {
    const t = shifted < 0 ? shifted + 1 : shifted > 1 ? shifted - 1 : shifted;
    if (t * 6 < 1) return p + (q - p) * 6 * t;
    if (t * 2 < 1) return q;
    return t * 3 < 2 ? p + (q - p) * (2 / 3 - t) * 6 : p;
  };
  const byte = (shifted: number) => Math.trunc(component(shifted) * 255) & 0xff;
  return { r: byte(hue + 1 / 3), g: byte(hue), b: byte(hue - 1 / 3), alpha };
}

const displays = new Map<ByteString, Display>();
for (const [display, names] of [
  ['hidden', 'hidden collapse none'],
  ['inline', 'inline content inline-block inline-flex inline-grid inline-table run-in initial'],
  ['block', 'block flex grid list-item table'],
  ['table-row', 'table-caption table-column-group table-header-group table-footer-group table-row-group'],
  ['table-row', 'table-cell table-column table-row'],
] as const)
  for (const name of names.split(' ')) displays.set(name, display);

/** By `display` or `visibility`; undefined for other words, such as `visible`. */
export function displayOf(text: ByteString): Display | undefined {
  return displays.get(text);
}
