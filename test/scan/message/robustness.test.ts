import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message } from '../../../src/scan/message/index.ts';
import { slow } from '../../support/project.ts';
import { generator, mutate, seeds } from '../mutations.ts';

/** Works out all that a message has. */
function readAll(bytes: Buffer): Message {
  const message = new Message(bytes);
  for (const part of message.textParts) for (const word of part.words) assert.equal(typeof word.normal, 'string');
  for (const url of message.urls) assert.equal(typeof url.host, 'string');
  assert.ok(message.metaWords.length >= 0 && message.received.length >= 0 && message.recipients.length >= 0);
  assert.ok((message.partsDistance?.distance ?? 0) >= 0);
  assert.equal(typeof message.badUnicode, 'boolean');
  assert.equal(typeof message.messageId, 'string');
  assert.ok(message.pdfFiles.every(({ suspicion }) => suspicion >= 0 && suspicion <= 1));
  for (const part of message.parts) {
    for (const header of part.headers) assert.equal(typeof header.decoded, 'string');
    assert.equal(typeof part.filename, 'string');
  }
  return message;
}

/** Of this process: others on the machine do not count. */
function milliseconds(bytes: Buffer): number {
  const started = process.cpuUsage();
  readAll(bytes);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

const repeated = (head: string, body: string, size: number, tail = '') =>
  Buffer.from(head + body.repeat(Math.ceil(size / body.length)) + tail, 'latin1');

const text = 'Subject: x\r\n\r\n';
const html = 'Content-Type: text/html\r\n\r\n';
const mixed = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';

/** Much of one thing: what it is, its head, what is repeated, how it ends. */
const floods: ReadonlyArray<readonly [name: string, head: string, body: string, tail?: string]> = [
  ['lines', text, 'hello world this is text\r\n'],
  ['one word', text, 'a'],
  ['one number', text, '1,'],
  ['one URL', text, 'http://example.com/a?b=c '],
  ['at signs', text, '@'],
  ['full stops', text, 'a.'],
  ['colons', text, 'http:'],
  ['slashes', text, 'http://////'],
  ['addresses', text, 'a@b.com '],
  ['NUL bytes', text, '\0'],
  ['8-bit bytes', text, '\xe9\xff'],
  ['combining marks', `Content-Type: text/plain; charset=utf-8\r\n\r\n`, '\xcc\x81'],
  ['elements', html, '<div><b>x</b>'],
  ['opening brackets', html, '<'],
  ['attributes', `${html}<a `, 'b=c '],
  ['comments', html, '<!--'],
  ['character references', html, '&amp'],
  ['style rules', `${html}<style>`, 'a{b:c}'],
  ['style brackets', `${html}<style>`, 'a{('],
  ['links', html, '<a href="http://a.example.com/">x</a>'],
  ['tables', html, '<table><tr><td>'],
  ['base64', 'Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n', 'QUFB'],
  ['quoted-printable', 'Content-Transfer-Encoding: quoted-printable\r\n\r\n', '=3D=\r\n'],
  ['uuencode', 'Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\n', 'M'],
  ['header fields', '', 'A: b\r\n'],
  ['encoded words', 'Subject: ', '=?utf-8?q?a?= '],
  ['open encoded words', 'Subject: ', '=?utf-8?q?'],
  ['Received', 'Received: ', 'from a (b [1.2.3.4]) by c '],
  ['Received comments', 'Received: from ', '('],
  ['recipients', 'To: ', '<a@b.c>, '],
  ['quotes', 'To: ', '"'],
  ['comments in addresses', 'To: ', '('],
  ['type parameters', 'Content-Type: text/plain; ', 'a=b; '],
  ['boundaries', mixed, '--b\r\n\r\nx\r\n'],
  ['boundary candidates', 'Content-Type: multipart/mixed\r\n\r\n', '--a\r\n'],
  ['nested multiparts', '', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'],
  ['nested messages', '', 'Content-Type: message/rfc822\r\n\r\n'],
];

const small = slow ? 2_000_000 : 100_000;

for (const [name, head, body, tail] of floods) {
  test(`a flood of ${name} takes time in proportion`, { timeout: 300_000 }, () => {
    readAll(repeated(head, body, small, tail)); // once, so that everything is compiled
    const once = Math.min(...[1, 2, 3].map(() => milliseconds(repeated(head, body, small, tail))));
    const eight = Math.min(...[1, 2].map(() => milliseconds(repeated(head, body, small * 8, tail))));
    // Quadratic work would take 64 times as long.
    assert.ok(eight < 32 * Math.max(once, 20), `${small} bytes: ${once} ms, 8 times as much: ${eight} ms`);
  });
}

test('a message of 50 MB, limits of parts and nesting', { timeout: 300_000 }, () => {
  const big = readAll(repeated(text, 'hello world this is text\r\n', 50_000_000));
  assert.equal(big.textParts.length, 1);
  const many = readAll(repeated(mixed, '--b\r\n\r\nx\r\n', 100_000 * 10, '--b--'));
  assert.equal(many.parts.length, 10_000);
  assert.equal(many.broken, true);
  const deep = readAll(repeated('', 'Content-Type: message/rfc822\r\n\r\n', 1000 * 32));
  assert.ok(deep.parts.length < 100);
  assert.equal(deep.broken, true);
});

const charsets =
  'us-ascii utf-8 utf-7 utf-16 utf-16le utf-32 iso-8859-1 iso-8859-2 iso-8859-6 iso-8859-8-i iso-8859-11 iso-8859-15 windows-1250 windows-1251 windows-1252 windows-1255 windows-1258 windows-874 koi8-r koi8-u cp437 cp850 cp866 macintosh gb2312 gbk gb18030 big5 big5-hkscs euc-jp shift_jis iso-2022-jp iso-2022-kr iso-2022-cn euc-kr cp949 hz-gb-2312 tis-620 viscii ebcdic-cp-us x-unknown x-user-defined binary 8bit'.split(
    ' ',
  );

test('bytes of every charset, and of none', { timeout: 120_000 }, () => {
  const random = generator(7);
  for (const charset of charsets) {
    const bytes = Buffer.from(Array.from({ length: 4000 }, () => Math.floor(random() * 256)));
    const head = Buffer.from(
      `Subject: =?${charset}?b?${bytes.subarray(0, 40).toString('base64')}?=\r\nContent-Type: text/plain; charset="${charset}"\r\n\r\n`,
    );
    readAll(Buffer.concat([head, bytes]));
  }
});

test('mutated messages: an answer for every one', { timeout: slow ? 7_200_000 : 300_000 }, () => {
  const all = seeds();
  const random = generator(20_260_101);
  let slowest = 0;
  for (let run = 0; run < (slow ? 50_000 : 1_000); run++) {
    const bytes = mutate(all[run % all.length] as Buffer, random);
    try {
      slowest = Math.max(slowest, milliseconds(bytes));
    } catch (error) {
      throw new Error(`this message: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error });
    }
  }
  assert.ok(slowest < 5_000, `the slowest took ${slowest} ms`);
});
