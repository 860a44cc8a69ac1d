import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { Message, toText } from '../../../src/scan/message/index.ts';

/** Charset and text of a body that says nothing of its charset, or something else. */
function read(body: Uint8Array, type = 'text/plain'): readonly [string | undefined, string] {
  const head = `Content-Type: ${type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`;
  const [part] = new Message(Buffer.concat([Buffer.from(head), body])).textParts;
  return [part?.charset, toText(part?.content ?? '')];
}

test('the charset of a text that does not say', () => {
  const cases: ReadonlyArray<readonly [charset: string, text: string]> = [
    ['koi8-r', 'Привет, дорогой друг, пишу тебе из далёкой Москвы, где идёт снег'],
    ['windows-1251', 'Привет, дорогой друг, пишу тебе из далёкой Москвы, где идёт снег'],
    ['gb18030', '您好，我们公司提供优质的服务，欢迎来电咨询'],
    ['shift_jis', 'こんにちは、私の名前は田中です。よろしくお願いします'],
    ['windows-1252', 'Grüße aus Köln, und viele gute Wünsche für das nächste „Jahr“'],
    ['utf-8', 'Grüße aus Köln'],
  ];
  for (const [charset, text] of cases) {
    const [found, shown] = read(iconv.encode(text, charset));
    assert.equal(shown, text, `${charset} ${found}`);
    // A charset that nobody knows says nothing.
    assert.equal(read(iconv.encode(text, charset), 'text/plain; charset=x-none')[1], text);
  }
  // Nothing tells of any charset.
  assert.deepEqual(read(Buffer.from('Qapla\xe4 \xff\xfe', 'latin1')), ['ibm-5348_P100-1997', 'Qaplaä ÿþ']);
  // Long texts, of which only parts are looked at.
  const long = 'Привет, дорогой друг! '.repeat(2000).trim();
  assert.deepEqual(read(iconv.encode(long, 'koi8-r'))[1], long);
});

test('no charset is guessed where a text is no text, or nearly UTF-8', () => {
  assert.equal(read(Buffer.from('\x01\x02 \xe4\xf6', 'latin1'))[0], undefined);
  const nearly = Buffer.concat([Buffer.from('Grüße aus Köln und viele gute Wünsche '), Buffer.from([0xc3])]);
  const [charset, text] = read(nearly, 'text/plain; charset=utf-8');
  assert.deepEqual([charset, text], ['UTF-8', 'Grüße aus Köln und viele gute Wünsche ?']);
});
