import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pdf, pdfBudget, readPdf } from '../../../../src/scan/message/pdf/index.ts';
import { drawing, makePdf, type PdfParts, packed, stream } from './files.ts';

const limits = { timeout: 60_000 };

const read = (parts: PdfParts): Pdf => readPdf(makePdf(parts), pdfBudget());
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();
/** What is shown by operators, in fonts of the page. */
const shown = (operators: string, fonts = '', objects: readonly string[] = []): string =>
  utf8(read({ contents: [stream(drawing(operators))], fonts, objects }).text);

test('text: strings, lists, gaps, lines', limits, () => {
  assert.equal(shown('(Hello, world) Tj'), 'Hello, world\n');
  assert.equal(shown('[(He) -100 (llo) -250 (world)] TJ'), 'Hello world\n');
  assert.equal(shown('(one) Tj 0 -14 Td (two) Tj 10 0 Td (three) Tj T* (four) Tj'), 'one\ntwothree\nfour\n');
  assert.equal(shown('(one) Tj (two) \' 1 2 (three) "'), 'one\ntwo\nthree\n');
  assert.equal(shown('<48656c6C6f> Tj <48656c6> Tj'), 'HelloHel`\n'.replace('`', '‘'));
  assert.equal(shown('0.5 0 0 rg 2 Tr 12 TL 1 0 0 1 50 700 Tm /F1 12 Tf (text after them) Tj'), 'text after them\n');
  assert.equal(shown('(a (nested) one, \\101\\102 and \\nnew) Tj'), 'a (nested) one, AB and new\n');
});

test('text: it ends where there is something that is not known', limits, () => {
  assert.equal(shown('(seen) Tj /P <</MCID 0>> BDC (not seen) Tj EMC'), 'seen\n');
  assert.equal(shown('(seen) Tj [(a) null] TJ (not seen) Tj'), 'seen\n');
});

test('text: encodings of fonts', limits, () => {
  const font = (encoding: string): string => `/F1<</Type/Font/Encoding${encoding}>>`;
  const text = (encoding: string, codes: string): string => shown(`/F1 9 Tf (${codes}) Tj`, font(encoding));
  assert.equal(text('/WinAnsiEncoding', 'caf\xe9 stra\xdfe \x80'), 'café straße €\n');
  assert.equal(text('/MacRomanEncoding', 'caf\x8e \xde'), 'café ﬁ\n');
  assert.equal(text('/StandardEncoding', '\xe9 \xfb'), 'Ø ß\n');
  assert.equal(text('/Unheard', '\xe9'), 'Ø\n');
  const differences = '<</BaseEncoding/WinAnsiEncoding/Differences[65/eacute/germandbls 70/uni20AC/g17/one.oldstyle]>>';
  assert.equal(text(differences, 'ABC FGH'), 'éßC €G1\n');
});

const cmap = (body: string): string =>
  stream(
    `/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n${body}\nendcmap`,
    '',
    'flate',
  );

test('text: fonts with a map of their characters', limits, () => {
  const composite = '/F1<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 20 0 R>>';
  const text = (body: string, codes: string): string => shown(`/F1 9 Tf <${codes}> Tj`, composite, [cmap(body)]);
  const plain = '2 beginbfchar <0003> <0020> <0024> <0041> endbfchar 1 beginbfrange <0030> <0032> <0061> endbfrange';
  assert.equal(text(plain, '00240003003000310032'), 'A abc\n');
  assert.equal(text(plain, '002400ff0024'), 'AA\n');
  assert.equal(text('1 beginbfrange <0001> <0002> [<00660069> <D83DDE00>] endbfrange', '00010002'), 'fi😀\n');
  assert.equal(text('1 beginbfrange <0001> <0003> <00660069> endbfrange', '00010003'), 'fifk\n');
  assert.equal(shown('/F1 9 Tf [<0024> -250 <0030>] TJ', composite, [cmap(plain)]), 'A a\n');
  // Half of a map is worse than none.
  assert.equal(text(`/Other usecmap ${plain}`, '4142'), 'AB\n');
});

test('text: UTF-16 without a font that says so', limits, () => {
  assert.equal(shown('(\0w\0o\0r\0d\0s) Tj'), 'words\n');
  assert.equal(shown('(w\0o\0r\0d\0s\0) Tj'), 'words\n');
});

test('text: what nobody can read is left out', limits, () => {
  const noise = '\x01\x02 \xb0\xc5'.repeat(2) + '1 # 2 $ 3 % 4 & 5 / 6 = '.replace('%', '').repeat(3);
  assert.equal(shown(`/F1 9 Tf (${noise}) Tj`, '/F1<</Encoding/WinAnsiEncoding>>'), '');
});

test('streams: filters, references to lengths, several of a page', limits, () => {
  for (const filter of ['none', 'flate', 'raw', 'hex', 'ascii85'] as const)
    assert.equal(read({ contents: [stream(drawing('(some words) Tj'), '', filter)] }).text, 'some words\n', filter);
  const [first, second] = [stream(drawing('(one) Tj'), '', 'flate'), stream(drawing('(two) Tj'))];
  assert.equal(read({ contents: [first, second] }).text, 'one\ntwo\n');
  const cut = stream(drawing('(one) Tj'), '', 'flate').replace(/Length \d+/, 'Length 20 0 R');
  assert.equal(read({ contents: [cut], objects: ['9999'] }).text, 'one\n');
  assert.equal(read({ contents: [stream(drawing('(one) Tj'), '/Filter/LZWDecode')] }).text, '');
});

test('links: in objects, in lists, packed ones', limits, () => {
  const { links } = read({
    objects: [
      '<</Type/Annot/A<</S /URI /URI (http://example.com/a\\057x)>>>>',
      '<</Type/Annot/A<</S/URI/URI<687474703A2F2F6578616D706C652E6F72672F>>>>>',
      '<</Annots[<</URI(http://list.example.com)>>]>>',
      packed(['<</A<</S/URI/URI(http://example.com/packed)>>>>', '42', '<</URI(http://example.com/second)>>']),
    ],
  });
  assert.deepEqual(links, [
    'http://example.com/a/x',
    'http://example.org/',
    'http://list.example.com',
    'http://example.com/packed',
    'http://example.com/second',
  ]);
});

test('signs: encryption, scripts, trailers, numbers of objects, suspicion', limits, () => {
  const { signs } = read({});
  assert.deepEqual(signs, {
    encrypted: false,
    hasScripts: false,
    suspicion: 0,
    longTrailer: undefined,
    manyObjects: undefined,
  });
  const secret = read({ contents: [stream(drawing('(words) Tj'))], trailer: '<</Root 1 0 R\n/Encrypt 9 0 R>>' });
  assert.deepEqual([secret.signs.encrypted, secret.text], [true, '']);
  assert.equal(read({ objects: [stream('x', '/Type/XRef/Encrypt 9 0 R')] }).signs.encrypted, true);
  const scripts = (...objects: string[]): boolean => read({ objects }).signs.hasScripts;
  assert.equal(scripts('<</S/JavaScript/JS(app.alert)>>'), true);
  assert.equal(scripts('<</Type/Action/S/JavaScript/JS 21 0 R>>', stream('app.alert', '', 'flate')), true);
  assert.equal(scripts('<</S/JavaScript/JS 99 0 R>>'), false);
  assert.equal(read({ trailer: 'x\n'.repeat(98) }).signs.longTrailer, undefined);
  const long = makePdf({ trailer: 'x\n'.repeat(120) });
  assert.equal(readPdf(long, pdfBudget()).signs.longTrailer, long.length - long.indexOf('trailer\n') - 8);
  assert.equal(read({ objects: Array.from({ length: 10_001 }, () => '<</A 1>>') }).signs.manyObjects, 10_004);
  assert.equal(read({ objects: [`<<${'/A#41B 1'.repeat(15)}>>`] }).signs.suspicion, 1);
  assert.equal(read({ objects: [`<<${'/A#20B 1'.repeat(50)}>>`] }).signs.suspicion, 0);
  assert.equal(read({ objects: ['(netsh x)'] }).signs.suspicion, 0.5);
});
