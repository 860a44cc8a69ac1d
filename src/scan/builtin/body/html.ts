import { type HtmlDocument, type HtmlImage, type Tag, type TextPart, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';

function inLink({ tag }: HtmlImage): boolean {
  for (let around = tag.parent; around !== undefined; around = around.parent) if (around.id === 'a') return true;
  return false;
}

const size = ({ width, height }: HtmlImage): number => width + height;

interface HtmlText {
  readonly part: TextPart;
  readonly html: HtmlDocument;
}

function htmlTexts({ message }: Task): HtmlText[] {
  return message.textParts.flatMap((part) => (part.html === undefined ? [] : [{ part, html: part.html }]));
}

function linkedImage(name: string, score: number, from: number, to: number): Rule {
  return check(name, symbol(score, 'html', `A short HTML with a linked image of its own`), (task) =>
    htmlTexts(task).some(
      ({ part: { content }, html: { images } }) =>
        content.length >= from &&
        content.length < to &&
        images.some((image) => inLink(image) && size(image) >= 210 && image.embedded),
    ),
  );
}

const manyImages: Rule = {
  name: 'R_SUSPICIOUS_IMAGES',
  stage: 'filter',
  symbols: { R_SUSPICIOUS_IMAGES: symbol(5, 'html', 'There is more to see in linked images than to read') },
  run: (task) => {
    for (const { part, html } of htmlTexts(task)) {
      // An image of 100 by 200 counts as three words.
      const pictures = html.images
        .filter((image) => inLink(image) && size(image) > 100 && size(image) < 3000)
        .reduce((sum, image) => sum + size(image) / 100, 0);
      const share = pictures / (part.words.length + pictures);
      if (share <= 0.5 || Number.isNaN(share)) continue;
      task.insert('R_SUSPICIOUS_IMAGES', (share - 0.5) * 2);
      return;
    }
  },
};

const looked = new Set(['font', 'span', 'div', 'p', 'td']);

/** Of the texts of one message. */
interface Hidden {
  invisible: number;
  zero: number;
  transparent: number;
  normal: number;
  rate: number;
  worst: string | undefined;
}

const invisibleRates = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1];
const zeroRates = [0.1, 0.2, 0.2, 0.3, 0.5];

const visibility: Rule = {
  name: 'HTML_VISIBLE_CHECKS',
  stage: 'filter',
  symbols: {
    R_WHITE_ON_WHITE: single(4, 'html', 'Text has the colour of its background'),
    ZERO_FONT: single(1, 'html', 'Text is too small to be seen'),
    MANY_INVISIBLE_PARTS: single(1, 'html', 'Parts of the HTML cannot be seen'),
  },
  run: (task) => {
    const hidden: Hidden = { invisible: 0, zero: 0, transparent: 0, normal: 0, rate: 0, worst: undefined };
    for (const part of task.message.textParts) {
      hidden.normal += part.content.length;
      for (const tag of part.html?.elements() ?? [])
        if (looked.has(tag.id)) look(tag, part.html as HtmlDocument, hidden);
    }
    const share = hidden.transparent / (hidden.normal + hidden.transparent);
    if (hidden.worst !== undefined && share > 0.1)
      task.insert('R_WHITE_ON_WHITE', Math.min(share, 0.5) * 2, [hidden.worst]);
    const invisible = Math.min(hidden.invisible, 10);
    if (invisible > 0) task.insert('MANY_INVISIBLE_PARTS', invisibleRates[invisible - 1], [String(invisible)]);
    if (hidden.zero > 10) task.insert('ZERO_FONT', 1, [String(hidden.zero)]);
    else if (hidden.zero > 0) {
      const zero = Math.min(hidden.zero, 5);
      task.insert('ZERO_FONT', zeroRates[zero - 1], [String(zero)]);
    }
  },
};

function look(tag: Tag, html: HtmlDocument, hidden: Hidden): void {
  const { block } = tag;
  if (block === undefined || tag.children.length > 0) return;
  const length = html.textOf(tag).length;
  if (block.visibility === 'hidden' && length > 0) hidden.invisible++;
  if (block.hasFontSize && block.fontSize === 0 && length > 0) hidden.zero++;
  if (block.visibility !== 'transparent') return;
  hidden.invisible++;
  hidden.transparent += length;
  hidden.normal -= length;
  const rate = hidden.transparent / (hidden.normal + hidden.transparent);
  if (rate <= hidden.rate) return;
  hidden.rate = rate;
  hidden.worst = `${tag.name} color ${hex(block.hasForeground ? block.foreground : undefined)} bgcolor ${hex(block.hasBackground ? block.background : undefined)}`;
}

/** Without zeros in front of a digit, as the original has it. */
function hex(color: { readonly r: number; readonly g: number; readonly b: number } | undefined): string {
  return color === undefined ? '#000' : `#${[color.r, color.g, color.b].map((part) => part.toString(16)).join('')}`;
}

const otherScheme: Rule = {
  name: 'HTTP_TO_HTTPS',
  stage: 'filter',
  symbols: { HTTP_TO_HTTPS: symbol(0.5, 'html', 'A link shows https and is http') },
  run: (task) => {
    const html = firstHtml(task);
    for (const tag of html?.elements() ?? []) {
      if (tag.id !== 'a' || tag.url?.protocol !== 'http' || !/^https:/i.test(html?.textOf(tag) ?? '')) continue;
      task.insert('HTTP_TO_HTTPS', 1, [toText(tag.url.host)]);
      return;
    }
  },
};

function firstHtml({ message }: Task): HtmlDocument | undefined {
  return message.textParts.find(({ isHtml }) => isHtml)?.html;
}

function leadsToAddress(task: Task): boolean {
  const tags = firstHtml(task)?.elements() ?? [];
  for (const { id, url } of tags)
    if (id === 'a' && url !== undefined && /^https?:\/\/\d+\.\d+\.\d+\.\d+/i.test(url.text)) return true;
  return false;
}

/** What HTML shows and hides. */
export const htmlRules: readonly Rule[] = [
  linkedImage('HTML_SHORT_LINK_IMG_1', 2, 0, 1024),
  linkedImage('HTML_SHORT_LINK_IMG_2', 1, 1024, 1536),
  linkedImage('HTML_SHORT_LINK_IMG_3', 0.5, 1536, 2048),
  check('R_EMPTY_IMAGE', symbol(2, 'html', 'A big image is all'), (task) =>
    htmlTexts(task).some(
      ({ part, html: { images } }) =>
        part.content.length < 50 && images.some((image) => size(image) >= 400 && !inLink(image)),
    ),
  ),
  manyImages,
  visibility,
  otherScheme,
  check('HTTP_TO_IP', symbol(1, 'html', 'A link goes to a bare address'), leadsToAddress),
];
