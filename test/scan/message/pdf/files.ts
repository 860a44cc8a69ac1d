import { deflateRawSync, deflateSync } from 'node:zlib';

/** Byte strings all of them. */
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export interface PdfParts {
  /** By their numbers, from 1 on; objects that every file has come before them. */
  readonly objects?: readonly string[];
  /** What draws the page. */
  readonly contents?: readonly string[];
  /** Of the page: names of fonts with what they are. */
  readonly fonts?: string;
  readonly trailer?: string;
}

/** The number of the first of `objects`. */
export const firstObject = 20;

/** A file with one page. Byte string. */
export function makePdf({ objects = [], contents = [], fonts = '', trailer = '<</Root 1 0 R>>' }: PdfParts): string {
  const numbered: Array<readonly [number, string]> = [
    [1, '<</Type/Catalog/Pages 2 0 R>>'],
    [2, '<</Type/Pages/Kids[3 0 R]/Count 1>>'],
    [
      3,
      `<</Type/Page/Parent 2 0 R/Resources<</Font<<${fonts}>>>>/Contents[${contents.map((_, at) => `${at + 4} 0 R `).join('')}]>>`,
    ],
    ...contents.map((content, at) => [at + 4, content] as const),
    ...objects.map((object, at) => [at + firstObject, object] as const),
  ];
  return `%PDF-1.5\n${numbered.map(([at, object]) => `${at} 0 obj\n${object}\nendobj\n`).join('')}xref\n0 1\ntrailer\n${trailer}\n%%EOF\n`;
}

/** @param dict entries besides length and filter */
export function stream(data: string, dict = '', filter: 'none' | 'flate' | 'raw' | 'hex' | 'ascii85' = 'none'): string {
  const bytes = Buffer.from(data, 'latin1');
  const packed = {
    none: () => data,
    flate: () => latin1(deflateSync(bytes)),
    raw: () => latin1(deflateRawSync(bytes)),
    hex: () => `${bytes.toString('hex').replace(/.{40}/g, '$&\n')}>`,
    ascii85: () => `${ascii85(bytes)}~>`,
  }[filter]();
  const name = {
    none: '',
    flate: '/FlateDecode',
    raw: '/FlateDecode',
    hex: '/ASCIIHexDecode',
    ascii85: '/ASCII85Decode',
  };
  const filters = name[filter] === '' ? '' : `/Filter${name[filter]}`;
  return `<<${dict}${filters}/Length ${packed.length}>>\nstream\n${packed}\nendstream`;
}

function ascii85(bytes: Buffer): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const group = bytes.subarray(at, at + 4);
    let value = Buffer.concat([group, Buffer.alloc(4 - group.length)]).readUInt32BE();
    let digits = '';
    for (let i = 0; i < 5; i++) {
      digits = String.fromCharCode((value % 85) + 33) + digits;
      value = Math.floor(value / 85);
    }
    out += value === 0 && digits === '!!!!!' && group.length === 4 ? 'z' : digits.slice(0, group.length + 1);
  }
  return out;
}

/** Objects packed into one. */
export function packed(objects: readonly string[], first = 40): string {
  let at = 0;
  const places = objects.map((object, index) => {
    const place = `${first + index} ${at}`;
    at += object.length + 1;
    return place;
  });
  const head = `${places.join(' ')} `;
  const text = `${head}${objects.join(' ')}`;
  return stream(text, `/Type/ObjStm/N ${objects.length}/First ${head.length}`, 'flate');
}

/** A content stream that shows a text: what does not begin with a line end is not seen as text. */
export const drawing = (operators: string): string => `q\nBT\n${operators}\nET\nQ\n`;

/** A message that has the file attached. */
export function withFile(pdf: string, type = 'application/pdf'): string {
  const encoded = Buffer.from(pdf, 'latin1').toString('base64').replace(/.{76}/g, '$&\r\n');
  const head =
    'From: a@example.org\r\nTo: b@example.net\r\nSubject: file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
  const attached = `Content-Type: ${type}; name="x.pdf"\r\nContent-Disposition: attachment; filename="x.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}\r\n`;
  return `${head}--b\r\nContent-Type: text/plain\r\n\r\nsome words of a letter\r\n--b\r\n${attached}--b--\r\n`;
}
