import assert from 'node:assert/strict';
import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Headers } from '../../../src/message/headers.ts';
import {
  CryptClient,
  CryptServer,
  decryptFile,
  encryptFile,
  generateKeyPair,
  type InnerRequest,
  outerRequest,
  readKeyPair,
  signBytes,
  verifyBytes,
  writeKeyPair,
} from '../../../src/wire/crypt/index.ts';
import { loadZstd } from '../../../src/wire/zstd/index.ts';
import { exchange, installed, startScanner, temporaryFolder } from '../support/scanner.ts';
import { ciphers } from './ciphers.ts';

const skip = installed('rspamd') ? false : 'rspamd is not installed';
const options = { skip, timeout: 60_000 };

function rspamadm(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync('rspamadm', ['keypair', ...args], { encoding: 'latin1', timeout: 60_000 });
}

function keypair(...args: string[]): string {
  const done = rspamadm(...args);
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

/** A key pair as a configuration section, which Rspamd's tools read from files too. */
function section(pair: ReturnType<typeof generateKeyPair>): string {
  const fields = Object.entries(writeKeyPair(pair)).map(([name, value]) => `${name} = "${value}";`);
  return `keypair { ${fields.join(' ')} }`;
}

test('key pairs made by rspamadm are read, and their ids are ours', options, () => {
  for (const args of [['-j'], ['-s', '-j']]) {
    const made = (JSON.parse(keypair(...args)) as { keypair: Record<string, string> }).keypair;
    const pair = readKeyPair({ pubkey: '', privkey: '', ...made });
    assert.equal(pair.type, made['type']);
    const { id, pubkey, privkey } = writeKeyPair(pair);
    assert.deepEqual([id, pubkey, privkey], [made['id'], made['pubkey'], made['privkey']]);
  }
});

test('rspamadm takes what we encrypt, and the other way round', options, (t) => {
  const folder = temporaryFolder(t);
  const pair = generateKeyPair();
  const [keys, file] = [join(folder, 'pair.conf'), join(folder, 'text')];
  writeFileSync(keys, section(pair));
  const plain = Buffer.from('Some text,\n\0 and bytes: \xff\n', 'latin1');
  for (const cipher of ciphers) {
    writeFileSync(`${file}.enc`, encryptFile(cipher, plain, pair.publicKey));
    // rspamadm checks the MAC and says so, but writes no file.
    assert.match(keypair('decrypt', '-f', '-k', keys, `${file}.enc`), /^decrypted /, cipher.name);
  }
  writeFileSync(file, plain);
  keypair('encrypt', '-f', '-k', keys, file);
  if (rspamadm('decrypt', '-f', '-k', keys, `${file}.enc`).status !== 0) {
    // Rspamd 3.4 puts the recipient's public key where its own belongs: nobody can decrypt that.
    t.diagnostic('this rspamadm cannot decrypt what it encrypted: the other way round was not tried');
    return;
  }
  for (const cipher of ciphers) {
    assert.deepEqual(decryptFile(cipher, readFileSync(`${file}.enc`), pair), plain, cipher.name);
  }
});

test('rspamadm verifies what we sign, and the other way round', options, (t) => {
  const folder = temporaryFolder(t);
  const pair = generateKeyPair('sign');
  const [keys, file] = [join(folder, 'pair.conf'), join(folder, 'map')];
  writeFileSync(keys, section(pair));
  writeFileSync(file, 'a map\n');
  writeFileSync(`${file}.sig`, signBytes(readFileSync(file), pair));
  assert.match(keypair('verify', '-k', keys, file), /^verified /);
  keypair('sign', '-k', keys, file);
  assert.ok(verifyBytes(readFileSync(file), readFileSync(`${file}.sig`), pair.publicKey));
});

test('a real scanner answers our encrypted requests, and closes on what we refuse too', options, async (t) => {
  const pair = generateKeyPair();
  const port = await startScanner(t, section(pair));
  for (const cipher of ciphers) {
    const client = new CryptClient(cipher);
    const headers = Headers.of(['From', 'a@b.example'], ['Rcpt', 'c@d.example']);
    const body = Buffer.from('Subject: x\r\nMessage-Id: <1@x>\r\n\r\nhello\r\n');
    const send = async (request: Omit<InnerRequest, 'method'>, change = (sealed: Buffer) => sealed) => {
      const sealed = client.sealRequest(request, pair.publicKey);
      const { method, target, contentType } = outerRequest;
      const outer = [`${method} ${target} HTTP/1.1`, `Content-Type: ${contentType}`, `Key: ${sealed.keyHeader}`];
      const reply = await exchange(port, [...outer, `Content-Length: ${sealed.body.length}`], change(sealed.body));
      return { reply, channel: sealed.channel };
    };
    const scan = await send({ target: '/checkv2', headers, body });
    assert.match(scan.reply.head, /^HTTP\/1\.1 200 OK\r\n/);
    const opened = client.openReply(scan.reply.body, scan.channel);
    assert.equal(opened.status, 200);
    assert.equal((JSON.parse(opened.body.toString()) as Record<string, unknown>)['message-id'], '1@x');

    const ping = await send({ target: '/ping', headers: new Headers(), body: Buffer.alloc(0) });
    assert.equal(client.openReply(ping.reply.body, ping.channel).body.toString(), 'pong\r\n');

    const wrong = await send({ target: '/nothing', headers, body });
    assert.equal(client.openReply(wrong.reply.body, wrong.channel).status, 500);

    const forged = await send({ target: '/checkv2', headers, body }, (sealed) => {
      const changed = Buffer.from(sealed);
      changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
      return changed;
    });
    assert.deepEqual(forged.reply, { head: '', body: Buffer.alloc(0) });
  }
});

test('rspamc --key speaks with our server', options, async (t) => {
  const pair = generateKeyPair();
  const zstd = await loadZstd();
  const folder = temporaryFolder(t);
  const file = join(folder, 'mail');
  writeFileSync(file, 'Subject: y\r\n\r\nhello\r\n');
  for (const cipher of ciphers) {
    const seen: InnerRequest[] = [];
    const port = await startServer(t, new CryptServer(cipher, [pair]), seen);
    const key = `${pair.publicKey}`;
    const args = ['-h', `127.0.0.1:${port}`, '--key', key, '-j', '-F', 'a@b.example', file];
    const { stdout } = await promisify(execFile)('rspamc', args, { timeout: 60_000 });
    assert.match(stdout, /"made_by": *"us"/);
    assert.equal(seen[0]?.target, '/checkv2');
    assert.equal(seen[0]?.headers.get('from'), 'a@b.example');
    const body = seen[0]?.body ?? Buffer.alloc(0);
    // Later versions of rspamc compress without being asked.
    const plain = seen[0]?.headers.get('compression') === 'zstd' ? zstd.decompress(body, 1000) : body;
    assert.deepEqual(plain, readFileSync(file));
  }
});

/** Answers every encrypted request with one result. */
async function startServer(t: TestContext, crypt: CryptServer, seen: InnerRequest[]): Promise<number> {
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      answer(socket, bytes, crypt, seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

function answer(socket: Socket, bytes: Buffer, crypt: CryptServer, seen: InnerRequest[]): void {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(end, 0));
  const body = bytes.subarray(end + 4);
  if (end < 0 || body.length < Number(/^content-length: *(\d+)/im.exec(head)?.[1])) return;
  const { request, channel } = crypt.openRequest(/^key: *(\S+)/im.exec(head)?.[1] ?? '', body);
  seen.push(request);
  const result = '{"is_skipped":false,"score":1.0,"required_score":15.0,"action":"no action","made_by":"us"}';
  const inner = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${result.length}\r\n\r\n`;
  const sealed = crypt.sealReply([Buffer.from(inner + result)], channel);
  socket.end(
    Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${sealed.length}\r\nConnection: close\r\n\r\n`),
      sealed,
    ]),
  );
}
