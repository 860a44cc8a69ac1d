import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exchange, installed, startScanner, temporaryFolder } from '../support/scanner.ts';
import { engines } from './engines.ts';

const options = { skip: installed('rspamd') ? false : 'rspamd is not installed', timeout: 60_000 };

const mail = Buffer.from(`Subject: x\r\nMessage-Id: <1@x>\r\n\r\n${'hello again\r\n'.repeat(500)}`);

test('a real scanner takes what we compress, and we what it compresses', options, async (t) => {
  const port = await startScanner(t, '');
  for (const zstd of engines) {
    for (const body of [
      zstd.compress(mail),
      Buffer.concat([zstd.compress(mail), zstd.compress(Buffer.from('more\r\n'))]),
    ]) {
      const head = ['POST /checkv2 HTTP/1.1', `Content-Length: ${body.length}`, 'Compression: zstd'];
      const reply = await exchange(port, head, body);
      assert.match(reply.head, /^compression: zstd$/im);
      const result = JSON.parse(zstd.decompress(reply.body, 100_000).toString()) as Record<string, unknown>;
      assert.equal(result['message-id'], '1@x');
    }
  }
});

test('rspamc -z speaks with us', options, async (t) => {
  const file = join(temporaryFolder(t), 'mail');
  writeFileSync(file, mail);
  for (const zstd of engines) {
    const bodies: Buffer[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(zstd.decompress(Buffer.concat(chunks), mail.length));
        const result = '{"is_skipped":false,"score":1.0,"required_score":15.0,"action":"no action","made_by":"us"}';
        const headers = { Compression: 'zstd', 'Content-Type': 'application/json', Connection: 'close' };
        response.writeHead(200, headers).end(zstd.compress(Buffer.from(result)));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number };
    const args = ['-h', `127.0.0.1:${port}`, '-z', '-j', file];
    const { stdout } = await promisify(execFile)('rspamc', args, { timeout: 60_000 });
    assert.match(stdout, /"made_by": *"us"/);
    assert.deepEqual(bodies, [mail]);
  }
});
