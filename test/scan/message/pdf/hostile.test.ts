import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { loadKnowledge, Message } from '../../../../src/scan/message/index.ts';
import { pdfBudget, readPdf } from '../../../../src/scan/message/pdf/index.ts';
import { sharedFolder, slow } from '../../../support/project.ts';
import { generator } from '../../mutations.ts';
import { drawing, makePdf, packed, stream, withFile } from './files.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const zeros = latin1(deflateSync(Buffer.alloc(60_000_000)));
const bomb = (dict: string): string =>
  `<<${dict}/Filter/FlateDecode/Length ${zeros.length}>>\nstream\n${zeros}\nendstream`;
const many = (count: number, item: string | ((at: number) => string)): string[] =>
  Array.from({ length: count }, (_, at) => (typeof item === 'string' ? item : item(at)));
const page = (contents: string): string => `<</Type/Page/Contents[${contents}]/Resources<</Font<</F1 20 0 R>>>>>>`;
const words = stream(drawing('(some words here) Tj\n'.repeat(1500)), '', 'flate');
/** One code of a font that stands for very much text. */
const endless = `begincmap 1 beginbfchar <41> <${'0061'.repeat(100_000)}> endbfchar endcmap`;
const overlapping = many(20_000, (at) => `${at} ${at % 2 === 0 ? 0 : 30_000}`).join(' ');
const crossing = many(8000, (at) => `<00> <${(0xff - (at % 200)).toString(16)}> <0041>`).join(' ');

/** Files that were made to take long, or much memory. */
const files: Readonly<Record<string, () => string>> = {
  'packed objects that unpack to very much': () => makePdf({ objects: many(200, bomb('/Type/ObjStm/N 1/First 4')) }),
  'contents that unpack to very much': () => makePdf({ contents: many(200, bomb('')) }),
  'packed objects over each other': () =>
    makePdf({
      objects: many(
        50,
        stream(`${overlapping} ${'['.repeat(40_000)}`, `/Type/ObjStm/N 9/First ${overlapping.length}`, 'flate'),
      ),
    }),
  'pages that show the same': () => makePdf({ contents: [words], objects: many(9000, page('4 0 R '.repeat(50))) }),
  'one code that is very much text': () =>
    makePdf({
      contents: [stream(drawing(`/F1 9 Tf (${'A'.repeat(30_000)}) Tj`))],
      objects: ['<</ToUnicode 21 0 R>>', stream(endless, '', 'flate'), ...many(500, page('4 0 R'))],
    }),
  'ranges of codes over each other': () =>
    makePdf({
      contents: many(10, stream(drawing(`/F1 9 Tf (${'\x01'.repeat(30_000)}) Tj`))),
      fonts: '/F1 20 0 R',
      objects: [
        '<</ToUnicode 21 0 R>>',
        stream(`begincmap ${crossing.replace(/^/, '9 beginbfrange ')} endcmap`, '', 'flate'),
      ],
    }),
  'objects that are nothing': () => '1 0 obj\nendobj\n'.repeat(1_000_000),
  'starts without ends': () => '\n1 0 obj '.repeat(1_000_000),
  'numbers without an object': () => `\n${'1 '.repeat(2_000_000)}obj `,
  'streams without ends': () => '<<>>stream\n'.repeat(500_000),
  'ends of streams': () => `\n1 0 obj <<>>stream\n${'endstream\n'.repeat(500_000)}endobj\n`,
  trailers: () => '\ntrailer\n'.repeat(500_000),
  'blanks only': () => `%PDF-1.4\n${' \n'.repeat(2_000_000)}`,
  'brackets of strings': () => makePdf({ objects: many(100, '('.repeat(32_000)) }),
  'brackets of lists': () => makePdf({ objects: many(100, '['.repeat(32_000)) }),
  'brackets of dictionaries': () => makePdf({ objects: many(100, '<</A'.repeat(8000)) }),
  'objects that refer to themselves': () =>
    makePdf({
      objects: many(9000, (at) => `<</Type/Page/Parent ${20 + at} 0 R/Contents ${20 + at} 0 R/Length ${20 + at} 0 R>>`),
    }),
  'operands without an operator': () => makePdf({ contents: many(50, stream(drawing('1 '.repeat(16_000)))) }),
  'lists of text without an end': () => makePdf({ contents: many(50, stream(drawing(`[${'(a) '.repeat(8000)}`))) }),
  'pieces of text without an end': () => makePdf({ contents: many(50, stream('\nBT '.repeat(100_000), '', 'flate')) }),
  'comments in a map': () =>
    makePdf({
      contents: [stream(drawing('/F1 9 Tf (words) Tj'))],
      fonts: '/F1 20 0 R',
      objects: ['<</ToUnicode 21 0 R>>', stream('%a\n '.repeat(120_000), '', 'flate')],
    }),
  links: () =>
    makePdf({ objects: many(100, `<<${many(900, (at) => `/A${at}<</URI(http://h${at}.example.com/)>>`).join('')}>>`) }),
  'escaped digits': () =>
    makePdf({
      objects: many(100, stream(`${'z'.repeat(100_000)}~>`, '/Type/ObjStm/N 1/First 1/Filter/ASCII85Decode')),
    }),
};

for (const [name, make] of Object.entries(files)) {
  test(`${name}: little time, little memory`, { timeout: 120_000 }, () => {
    const file = make();
    const started = process.cpuUsage();
    const { text } = readPdf(file, pdfBudget());
    const { user, system } = process.cpuUsage(started);
    assert.ok(text.length <= 40_000_000, `${text.length} bytes of text`);
    assert.ok((user + system) / 1e6 < 15, `${(user + system) / 1e6} s for ${file.length} bytes`);
  });
}

test('all files of a message share what may be spent', { timeout: 60_000 }, () => {
  const budget = pdfBudget();
  const file = makePdf({ contents: many(20, words) });
  const lengths = many(40, '').map(() => readPdf(file, budget).text.length);
  assert.ok((lengths[0] as number) > 0);
  assert.equal(lengths.at(-1), 0);
});

const font = '<</Type/Font/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[65/eacute]>>>>';
const map = stream(
  'begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <20> <7e> <0020> endbfrange endcmap',
);
const whole = makePdf({
  contents: [
    stream(drawing("/F1 9 Tf 0 -14 Td [(Hello) -250 (world)] TJ T* /F2 9 Tf <41> Tj (see www.example.com) '")),
    stream(drawing('1 0 0 1 5 5 Tm (packed) Tj'), '', 'flate'),
  ],
  fonts: '/F1 20 0 R/F2 21 0 R',
  objects: [
    font,
    '<</Type/Font/Subtype/Type0/ToUnicode 22 0 R>>',
    map,
    '<</A<</S/URI/URI(http://example.com/\\101)>>/K[1 2.5 true (x)<41>]>>',
    packed(['<</URI(http://example.com/packed)>>', '<</S/JavaScript/JS(app)>>', '7']),
  ],
});

function seeds(): string[] {
  if (sharedFolder === undefined) return [whole];
  const folder = join(sharedFolder, 'corpus/scan/messages');
  const messages = readdirSync(folder).map((name) => new Message(readFileSync(join(folder, name))));
  const pdfs = messages.flatMap(({ pdfFiles }) => pdfFiles.map(({ part }) => part.content.text));
  return [whole, whole, whole, ...pdfs.filter(({ length }) => length < 50_000)];
}

const pieces =
  'endobj\n|stream\n|>stream\n|endstream\n|\n7 0 obj\n| BT | ET |\ntrailer\n|<<|>>|[|]|(|)|\\|<|/URI|/Type/ObjStm|/Length 1 0 R|/Length -1|4 0 R|%|\0|-1|9999999999999999|begincmap |beginbfrange |\\777|Tj |Tf '.split(
    '|',
  );

function mutate(seed: string, random: () => number): string {
  let bytes = seed;
  for (let times = 1 + Math.floor(random() * 8); times > 0; times--) {
    const from = Math.floor(random() * (bytes.length + 1));
    const to = Math.floor(random() * (bytes.length + 1));
    const kind = random();
    if (kind < 0.4) bytes = bytes.slice(0, from) + pieces[Math.floor(random() * pieces.length)] + bytes.slice(from);
    else if (kind < 0.6) bytes = bytes.slice(0, from) + String.fromCharCode(random() * 256) + bytes.slice(from + 1);
    else if (kind < 0.8) bytes = bytes.slice(0, from) + bytes.slice(from + Math.floor(random() * 40));
    else if (kind < 0.95) bytes = bytes.slice(0, to) + bytes.slice(from, from + 200) + bytes.slice(to);
    else bytes = bytes.slice(0, from);
  }
  return bytes;
}

test('mutated files are read to some end', { timeout: 1_200_000 }, async () => {
  const knowledge = await loadKnowledge(undefined);
  const all = seeds();
  const random = generator(20_261_201);
  for (let run = 0; run < (slow ? 50_000 : 1500); run++) {
    const file = mutate(all[run % all.length] as string, random);
    try {
      const { text, links } = readPdf(file, pdfBudget());
      assert.ok(text.length < 1_000_000 && links.every((link) => typeof link === 'string'));
      if (run % 20 !== 0) continue;
      const message = new Message(Buffer.from(withFile(file), 'latin1'), knowledge);
      assert.ok([...message.urls].every(({ host }) => typeof host === 'string') && message.pdfFiles.length <= 1);
    } catch (error) {
      throw new Error(`this file: ${JSON.stringify(file)}`, { cause: error });
    }
  }
});
