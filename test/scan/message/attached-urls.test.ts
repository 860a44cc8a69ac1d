import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { loadKnowledge, Message } from '../../../src/scan/message/index.ts';

const limits = { timeout: 60_000 };
const knowledge = await loadKnowledge(undefined);

function urlsOf(type: string, content: string): string[] {
  const head = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  const encoded = Buffer.from(content, 'latin1').toString('base64').replace(/.{76}/g, '$&\r\n');
  const message = new Message(Buffer.from(`${head}${encoded}\r\n--b--\r\n`, 'latin1'), knowledge);
  return [...message.urls].map(({ text }) => text);
}

const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

test('calendars: what people see of them has URLs', limits, () => {
  const text = calendar(
    'ORGANIZER;CN=X:mailto:x@example.org',
    'DESCRIPTION:see http://exam',
    ' ple.com/a\\nand www.example.net',
    'UID:http://hidden.example.com/',
  );
  assert.deepEqual(urlsOf('text/calendar', text).sort(), [
    'http://example.com/a',
    'http://www.example.net',
    'mailto:x@example.org',
  ]);
});

test('visiting cards: all lines have URLs', limits, () => {
  const text = 'BEGIN:VCARD\r\nVERSION:3.0\r\nURL:http://example.com/b\r\nEMAIL:y@example.org\r\nEND:VCARD\r\n';
  assert.deepEqual(urlsOf('application/vcard', text).sort(), ['http://example.com/b', 'mailto:y@example.org']);
});

const pdf = (...objects: string[]): string =>
  `%PDF-1.6\n${objects.map((object, at) => `${at + 1} 0 obj\n${object}\nendobj\n`).join('')}trailer\n%%EOF\n`;

test('PDF files: their links, packed ones too', limits, () => {
  const packed = deflateSync('1 0 <</A<</S/URI/URI(http://example.com/packed)>>>>').toString('latin1');
  const text = pdf(
    '<</A<</S /URI /URI (http://example.com/a\\057x)>>>>',
    '<</A<</S/URI/URI<687474703A2F2F6578616D706C652E6F72672F>>>>>',
    `<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length ${packed.length}>>\nstream\n${packed}\nendstream`,
    '<</Type /ObjStm>>\nstream\nthis is not packed\nendstream',
    '<</S/URI/URI(not a link)>>',
  );
  assert.deepEqual(urlsOf('application/pdf', text), [
    'http://example.com/a/x',
    'http://example.org/',
    'http://example.com/packed',
  ]);
});

test('files that are made to be large take little time', limits, () => {
  const bomb = deflateSync(Buffer.alloc(60_000_000)).toString('latin1');
  const stream = `<</Type/ObjStm/Filter/FlateDecode>>\nstream\n${bomb}\nendstream`;
  const started = performance.now();
  assert.deepEqual(urlsOf('application/pdf', pdf(...Array.from({ length: 200 }, () => stream))), []);
  assert.deepEqual(urlsOf('application/pdf', pdf('/URI('.repeat(200_000))), []);
  assert.deepEqual(urlsOf('application/pdf', pdf('/ObjStm '.repeat(200_000))), []);
  assert.deepEqual(urlsOf('text/calendar', calendar('SUMMARY:x\r\n'.repeat(200_000))), []);
  assert.ok(performance.now() - started < 15_000);
});
