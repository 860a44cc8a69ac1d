import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeMsgpack } from '../../src/wire/msgpack/index.ts';
import { type RigOptions, startProxy } from '../support/proxy-rig.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { type SeenRequest, scriptedScanner } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type Ask = (target: string, headers: readonly string[]) => Promise<{ reply: RawReply; seen: SeenRequest | undefined }>;

interface Asker {
  readonly ask: Ask;
  /** The same with a form of the boundary `b`. */
  readonly askForm: (target: string, body: string) => ReturnType<Ask>;
  readonly lines: string[];
}

async function asker(t: TestContext, options: Partial<RigOptions>): Promise<Asker> {
  const scanner = await scriptedScanner(t);
  const { port, log } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], ...options });
  const send = async (target: string, headers: readonly string[], body: string): ReturnType<Ask> => {
    scanner.requests.length = 0;
    const client = new RawClient(options.path ?? port);
    const reply = await client.send(post(target, [...headers, 'Connection: close'], body)).reply();
    return { reply, seen: scanner.requests[0] };
  };
  const ask: Ask = (target, headers) => send(target, headers, 'inline');
  const askForm = (target: string, body: string) =>
    send(target, ['Content-Type: multipart/form-data; boundary=b'], body);
  return { ask, askForm, lines: log.lines };
}

const named: ReadonlyArray<readonly [target: string, header: string]> = [
  ['/checkv2', 'File: /etc/hostname'],
  ['/checkv2', 'path: /etc/hostname'],
  ['/checkv2?File=/etc/hostname', 'X: y'],
  ['/checkv2?x=1&pAtH=%2fetc', 'X: y'],
  ['/checkv2?%46ile==/etc/hostname', 'X: y'],
  ['/checkv2?file', 'X: y'],
  ['http://x/checkv2?a&&file=', 'X: y'],
];

test('a TCP client that names a file is refused; nothing is opened or sent', bounded, async (t) => {
  const { ask, lines } = await asker(t, {});
  for (const [target, header] of named) {
    const { reply, seen } = await ask(target, [header]);
    assert.equal(reply.status, 400, `${target} ${header}`);
    assert.equal(JSON.parse(reply.body.toString()).error, 'File and shm message sources are not allowed');
    assert.equal(seen, undefined);
  }
  assert.ok(lines.some((line) => line.includes('deny file message source from 127.0.0.1:')));
});

test('a form of a TCP client may name no message source either, and must be readable', bounded, async (t) => {
  const { ask, askForm } = await asker(t, {});
  const form = (metadata: Buffer | string, type = 'application/json', head = ''): string =>
    `--b\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: ${type}\r\n${head}\r\n` +
    `${Buffer.from(metadata).toString('latin1')}\r\n` +
    '--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nSubject: x\r\n\r\n--b--\r\n';
  const refused: ReadonlyArray<readonly [body: string, why: RegExp]> = [
    [form('{"file":"/etc/hostname"}'), /File and shm message sources are not allowed/],
    [form('{"from":"a@b.example","fil\\u0065":"/etc/hostname"}'), /File and shm message sources are not allowed/],
    [form('{"SHM":"/x"}'), /File and shm message sources are not allowed/],
    [form('{"shm_offset":1}', 'application/json', 'Content-Encoding: zstd\r\n'), /File and shm message sources/],
    [form(encodeMsgpack({ file: '/etc/hostname' }), 'application/msgpack'), /File and shm message sources/],
    [form('{file = "/etc/hostname"}'), /the form cannot be read/],
    [form(Buffer.from([0xc1]), 'application/msgpack'), /the form cannot be read/],
    [`preamble\r\n${form('{}')}`, /the form cannot be read/],
  ];
  for (const [body, why] of refused) {
    const { reply, seen } = await askForm('/CheckV3?x=1', body);
    assert.equal(reply.status, 400, body);
    assert.match(JSON.parse(reply.body.toString()).error, why);
    assert.equal(seen, undefined);
  }
  const good = form('{"from":"a@b.example","headers":{"File":"x"}}');
  const { reply, seen } = await askForm('/checkv3', good);
  assert.equal(reply.status, 200);
  assert.deepEqual([seen?.target, seen?.body.toString('latin1')], ['/checkv3', good]);
  assert.equal(seen?.header('Content-Type'), 'multipart/form-data; boundary=b');
  assert.equal((await ask('/checkv3', [])).reply.status, 400, 'no form at all');
  const trusted = await asker(t, { allowFileInputs: true });
  const passed = await trusted.askForm('/checkv3', form('{"file":"/etc/hostname"}'));
  assert.equal(passed.seen?.target, '/checkv3');
});

test(
  'shared memory in the request of a TCP client is removed, everything else stays as it is written',
  bounded,
  async (t) => {
    const { ask } = await asker(t, {});
    const cases = [
      ['/checkv2?Shm=/x&a=%41+b&shm-offset=1&%53hm-Length=9&c', '/checkv2?a=%41+b&c'],
      ['/checkv2?Shm=/x', '/checkv2'],
      ['/checkv2?shm&x=1#?Shm=/y', '/checkv2?x=1#?Shm=/y'],
      ['/checkv2?shmx=1&=shm', '/checkv2?shmx=1&=shm'],
      ['/checkv2#?File=/etc/hostname', '/checkv2#?File=/etc/hostname'],
    ] as const;
    for (const [target, sent] of cases) {
      const { reply, seen } = await ask(target, ['Shm: /rhm.x', 'SHM-OFFSET: 1', 'shm-length: 2']);
      assert.equal(reply.status, 200);
      assert.equal(seen?.target, sent);
      assert.equal(seen?.body.toString(), 'inline');
      for (const name of ['Shm', 'Shm-Offset', 'Shm-Length']) assert.equal(seen?.header(name), undefined);
    }
  },
);

for (const transport of ['a unix socket', 'a trusting worker'] as const) {
  test(`a client of ${transport} names a file, which is sent in place of the body`, bounded, async (t) => {
    const folder = await folderOf(t);
    const file = join(folder, 'a message.eml');
    await writeFile(file, 'from the file \xff', 'latin1');
    const how = transport === 'a unix socket' ? { path: join(folder, 'p.sock') } : { allowFileInputs: true };
    const { ask } = await asker(t, how);
    const cases: ReadonlyArray<readonly [target: string, headers: string[], sent: string]> = [
      ['/checkv2', [`File: ${file}`, 'file: other'], '/checkv2'],
      [`/checkv2?x=1&File="${encodeURIComponent(file)}"&y=%20`, [], '/checkv2?x=1&y=%20'],
      [`/checkv2?file=${file.replaceAll(' ', '+')}`, [], '/checkv2'],
    ];
    for (const [target, headers, sent] of cases) {
      const { reply, seen } = await ask(target, headers);
      assert.equal(reply.status, 200, target);
      assert.equal(seen?.body.toString('latin1'), 'from the file \xff');
      assert.equal(seen?.target, sent);
      assert.equal(seen?.header('File'), undefined);
      assert.equal(seen?.header('Content-Length'), String(seen?.body.length));
    }
    // Path is for the scanner to open; Shm means nothing to it.
    const { seen } = await ask('/checkv2?Path=/y', ['Path: /x', 'Shm: /rhm.1']);
    assert.equal(seen?.header('Path'), '/x');
    assert.equal(seen?.target, '/checkv2?Path=/y');
    assert.equal(seen?.header('Shm'), undefined);
    assert.equal(seen?.body.toString(), 'inline');
  });
}

test('a file that cannot be sent is an error, never an empty message', bounded, async (t) => {
  const folder = await folderOf(t);
  await writeFile(join(folder, 'big'), Buffer.alloc(2000));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const { ask } = await asker(t, { allowFileInputs: true, maxMessage: 1999 });
  const cases = [
    ['missing', 400, 'no such file or directory'],
    ['', 400, 'not a regular file'],
    ['pipe', 400, 'not a regular file'],
    ['big', 413, 'has 2000 bytes'],
    ['missing\0', 400, ''],
  ] as const;
  for (const [name, status, text] of cases) {
    const { reply, seen } = await ask(`/checkv2?File=${encodeURIComponent(join(folder, name))}`, []);
    assert.equal(reply.status, status, name);
    assert.ok(JSON.parse(reply.body.toString()).error.includes(text), reply.body.toString());
    assert.equal(seen, undefined);
  }
});

test('what the kernel calls empty is read to its end', {
  ...bounded,
  skip: process.platform !== 'linux',
}, async (t) => {
  const { ask } = await asker(t, { allowFileInputs: true });
  const { seen } = await ask('/checkv2', ['File: /proc/self/status']);
  assert.ok((seen?.body.length ?? 0) > 100);
});
