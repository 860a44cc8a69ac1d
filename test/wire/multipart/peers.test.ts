import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMsgpack, encodeMsgpack, type MsgpackValue } from '../../../src/wire/msgpack/index.ts';
import { type Part, parseMultipart, writeMultipart } from '../../../src/wire/multipart/index.ts';
import { loadZstd } from '../../../src/wire/zstd/index.ts';
import { exchange, installed, startScanner } from '../support/scanner.ts';

const metadata = { from: 'a@b.example', rcpt: ['c@d.example'], queue_id: 'q1' };
const mail = Buffer.from('Subject: x\r\nMessage-Id: <1@x>\r\n\r\nhello\r\n');

test('a real scanner reads our forms, and we its replies', {
  skip: installed('rspamd') ? false : 'rspamd is not installed',
  timeout: 60_000,
}, async (t) => {
  const port = await startScanner(t, '');
  const zstd = await loadZstd();
  const send = async (accept: string, compressed: boolean, packed: boolean): Promise<Part[] | undefined> => {
    const body = compressed ? zstd.compress(mail) : mail;
    const form = writeMultipart(
      [
        packed
          ? { name: 'metadata', contentType: 'application/msgpack', body: encodeMsgpack(metadata) }
          : { name: 'metadata', contentType: 'application/json', body: Buffer.from(JSON.stringify(metadata)) },
        { name: 'message', encoding: compressed ? 'zstd' : undefined, body },
      ],
      'form-data',
    );
    const head = ['POST /checkv3 HTTP/1.1', `Content-Type: ${form.contentType}`, `Content-Length: ${form.length}`];
    const accepts = [`Accept: ${accept}`, ...(compressed ? ['Accept-Encoding: zstd'] : [])];
    const reply = await exchange(port, [...head, ...accepts], Buffer.concat(form.chunks));
    if (/ 500 invalid command\r\n/.test(reply.head)) return undefined;
    return parseMultipart(reply.body, /^content-type: *(.*)$/im.exec(reply.head)?.[1] ?? '');
  };
  for (const accept of ['multipart/form-data', 'message/rfc822']) {
    for (const compressed of [false, true]) {
      for (const packed of [false, true]) {
        const parts = await send(accept, compressed, packed);
        if (parts === undefined) {
          t.diagnostic('this rspamd has no /checkv3');
          return;
        }
        const result = parts.find(({ name }) => name === 'result');
        assert.equal(result?.encoding, compressed ? 'zstd' : undefined);
        const body = compressed ? zstd.decompress(result?.body as Buffer, 100_000) : (result?.body as Buffer);
        assert.equal(result?.contentType, packed ? 'application/msgpack' : 'application/json');
        const verdict = packed ? decodeMsgpack(body) : (JSON.parse(body.toString()) as MsgpackValue);
        assert.equal((verdict as Record<string, unknown>)['message-id'], '1@x');
      }
    }
  }
});
