import type { ByteString } from '../bytes.ts';
import { type ImageSize, measureImage } from '../image.ts';
import { decodeBase64Body } from '../transfer.ts';
import type { Url } from '../url/url.ts';
import type { HtmlDocument } from './document.ts';
import type { Tag } from './tag.ts';

/** An image that a document shows. */
export interface HtmlImage {
  readonly tag: Tag;
  /** Of an image in another part its Content-ID. */
  readonly source: ByteString | undefined;
  /** In the message itself. */
  readonly embedded: boolean;
  /** In the address itself (`data:`). */
  readonly data: boolean;
  readonly external: boolean;
  url: Url | undefined;
  /** Pixels; 0 where nobody says. */
  width: number;
  height: number;
}

/** Reads the size and the source of an image (rspamd: src/libserver/html/html.cxx:html_process_img_tag). */
export function readImage(tag: Tag, document: HtmlDocument): HtmlImage {
  const given = tag.attribute('src') ?? tag.attribute('href');
  const source = given === '' ? undefined : given;
  const isCid = source !== undefined && source.length > 4 && source.startsWith('cid:');
  const isData = source !== undefined && source.length > 5 && source.startsWith('data:');
  const style = tag.attribute('style');
  const own = isData ? dataImage(source) : undefined;
  if (isData) document.mark('data_urls');
  const size = (name: 'width' | 'height') =>
    (tag.numericAttribute(name) ?? 0) || styledSize(style, name) || (own?.[name] ?? 0);
  return {
    tag,
    source: isCid ? source.slice(4) : source,
    embedded: isCid || isData,
    data: isData,
    external: source !== undefined && !isCid && !isData,
    url: undefined,
    width: size('width'),
    height: size('height'),
  };
}

/** The digits behind the first mention of a size in a `style`. */
function styledSize(style: ByteString | undefined, name: string): number {
  if (style === undefined) return 0;
  const at = style.toLowerCase().indexOf(name);
  const digits = at < 0 ? undefined : /^[\t\n\f\r =:]*([0-9]+)/.exec(style.slice(at + name.length))?.[1];
  return digits === undefined || digits.length > 22 ? 0 : Number(BigInt(digits) & 0xffffffffn);
}

function dataImage(source: ByteString): ImageSize | undefined {
  const semicolon = source.indexOf(';');
  if (semicolon < 0 || source.length - semicolon <= 8 || !source.startsWith('base64,', semicolon + 1)) return undefined;
  return measureImage(decodeBase64Body(source.slice(semicolon + 8)));
}
