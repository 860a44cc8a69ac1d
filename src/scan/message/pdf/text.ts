import type { ByteString } from '../bytes.ts';
import { fromText } from '../utf8.ts';
import type { Budget } from './budget.ts';
import { type Drawn, readDrawing } from './content.ts';
import type { PdfDocument } from './document.ts';
import { type FontCodes, Fonts, plainFont } from './fonts.ts';
import { maxParsed, type PdfObject } from './objects.ts';
import { looksLikeText } from './quality.ts';

/**
 * The text that the pages of a file show, UTF-8; pages that nobody can read are left out
 * (rspamd: lualib/lua_content/pdf.lua:search_text).
 */
export function textOf(document: PdfDocument, budget: Budget): ByteString {
  const fonts = new Fonts(document.objects, budget);
  let all = '';
  for (const page of document.pages) {
    const text = pageText(page, document, fonts, budget);
    if (looksLikeText(text)) all += text;
  }
  return all;
}

function pageText(page: PdfObject, document: PdfDocument, fonts: Fonts, budget: Budget): ByteString {
  const out: ByteString[] = [];
  let font = plainFont;
  for (const content of page.contents ?? []) {
    const stream = document.objects.streamOf(content);
    if (stream === undefined || !budget.spend(stream.length)) continue;
    for (const block of blocksOf(stream)) {
      const drawing = block.length < maxParsed ? readDrawing(block) : undefined;
      if (drawing === undefined) continue;
      for (const drawn of drawing) {
        if (drawn.kind === 'font') font = fonts.find(page.resources, drawn.name);
        else out.push(drawn.kind === 'line' ? '\n' : shownText(drawn, font, budget));
      }
      out.push('\n');
    }
  }
  return out.join('');
}

/** What stands between `BT` and `ET`. */
function* blocksOf(stream: ByteString): Iterable<ByteString> {
  const starts = [...stream.matchAll(/[\t-\r ]BT(?=[\t-\r ])/g)].map(({ index }) => index + 3);
  const ends = [...stream.matchAll(/[\t-\r ]ET\b/g)].map(({ index }) => index + 2);
  for (let i = 0, j = 0; i < starts.length && j < ends.length; j++) {
    const [start, end] = [starts[i] as number, ends[j] as number];
    if (start === end) return;
    if (start > end) continue;
    const length = end - start;
    yield stream.slice(start, start + (length > 2 ? length - 2 : length));
    i++;
  }
}

function shownText(drawn: Drawn & { readonly kind: 'show' }, font: FontCodes, budget: Budget): ByteString {
  const text = drawn.pieces.map((piece) => (piece === undefined ? ' ' : decoded(piece, font, budget))).join('');
  return drawn.onNewLine ? `\n${text}` : text;
}

function decoded(codes: ByteString, font: FontCodes, budget: Budget): ByteString {
  if ('map' in font) return font.map.decode(codes, budget);
  if (!budget.spend(codes.length)) return '';
  const known = fromUtf16(codes);
  if (known !== undefined) return known;
  let text = '';
  for (let at = 0; at < codes.length; at++) text += font.encoding[codes.charCodeAt(at)];
  return text;
}

/**
 * Text in UTF-16 that no font says anything of: every other byte at its ends is zero
 * (rspamd: lualib/lua_content/pdf.lua:sanitize_pdf_text).
 * @returns UTF-8, empty where there are control characters in it; undefined for anything else
 */
function fromUtf16(bytes: ByteString): ByteString | undefined {
  if (bytes.length < 4 || !bytes.includes('\0')) return undefined;
  const zeros: [number, number] = [0, 0];
  let looked = 0;
  for (let at = 0; at < bytes.length; at++, looked++) {
    if (bytes.length > 32 && at === 16) at = bytes.length - 16;
    if (bytes[at] === '\0') zeros[at % 2 === 0 ? 0 : 1]++;
  }
  const [first, second] = [zeros[0] / Math.ceil(looked / 2), zeros[1] / Math.floor(looked / 2)];
  const isBig = first > mostly && second < hardly;
  if (!isBig && !(second > mostly && first < hardly)) return undefined;
  const units = Buffer.from(bytes.slice(0, bytes.length & ~1), 'latin1');
  const text = (isBig ? units.swap16() : units).toString('utf16le');
  return [...text].some((c) => c < ' ' && !'\t\n\r'.includes(c)) ? '' : fromText(text);
}

const mostly = 0.8;
const hardly = 0.2;
