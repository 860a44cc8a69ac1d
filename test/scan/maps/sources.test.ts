import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { maxBytes } from '../../../src/scan/maps/content.ts';
import { HttpMap, type MapWorld } from '../../../src/scan/maps/http.ts';
import { openMap } from '../../../src/scan/maps/index.ts';
import { readSource } from '../../../src/scan/maps/source.ts';
import { generateKeyPair, signBytes } from '../../../src/wire/crypt/index.ts';
import { loadZstd } from '../../../src/wire/zstd/index.ts';
import { freePort } from '../../support/free-port.ts';
import { noNginx, startNginx } from '../../support/nginx.ts';

const limits = { timeout: 60_000 };

/** A map as its lines. */
const lines = {
  empty: [] as readonly string[],
  read: (text: string): readonly string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
};

function linesOfMap(
  texts: readonly string[],
  world: MapWorld,
  problem: (text: string) => void,
): () => { version: number; lines: readonly string[] } {
  const open = openMap({ texts }, lines, world, problem);
  return () => {
    const { version, parts, inline } = open();
    return { version, lines: [...inline, ...parts.flat()] };
  };
}

interface Rig {
  readonly folder: string;
  readonly url: string;
  /** What failed, in words. */
  readonly told: string[];
  readonly world: MapWorld;
  requests: IncomingMessage[];
  answer: (request: IncomingMessage, reply: ServerResponse) => void;
}

async function start(t: TestContext): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-maps-'));
  const told: string[] = [];
  const server = createServer((request, reply) => {
    rig.requests.push(request);
    rig.answer(request, reply);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const rig: Rig = {
    folder,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`,
    told,
    world: { stateFolder: folder, interval: 0, fileInterval: 5000, failed: (text) => void told.push(text) },
    requests: [],
    answer: (_, reply) => void reply.end('one\n# two\nthree 3\n'),
  };
  return rig;
}

test(
  'what a server has is fetched, asked for again only where it changed, and kept for the next start',
  limits,
  async (t) => {
    const rig = await start(t);
    rig.answer = (request, reply) => {
      reply.setHeader('ETag', '"a"');
      reply.setHeader('Last-Modified', 'Sun, 22 Nov 2026 11:59:00 GMT');
      if (request.headers['if-none-match'] === '"a"') reply.writeHead(304).end();
      else reply.end('one\n# two\nthree 3\n');
    };
    const map = new HttpMap(rig.url, undefined, lines, rig.world);
    await map.refresh();
    assert.equal(map.version, 1);
    await map.refresh();
    assert.equal(rig.requests[1]?.headers['if-modified-since'], 'Sun, 22 Nov 2026 11:59:00 GMT');
    assert.equal(map.version, 1);
    assert.deepEqual(map.value, ['one', 'three 3']);
    await map.refresh();
    // Another thread, or the next start, does not ask while what is kept is young.
    const count = rig.requests.length;
    const later = new HttpMap(rig.url, undefined, lines, { ...rig.world, interval: 600_000 });
    await later.refresh();
    assert.deepEqual(later.value, ['one', 'three 3']);
    assert.equal(rig.requests.length, count);
    assert.deepEqual(rig.told, []);
    assert.deepEqual(readdirSync(join(rig.folder, 'rspamd-proxy-maps')).length, 1);
  },
);

test('a server that fails, talks without end or is not there changes nothing, and is told once', limits, async (t) => {
  const rig = await start(t);
  const map = new HttpMap(rig.url, undefined, lines, rig.world);
  await map.refresh();
  rig.answer = (_, reply) => void reply.writeHead(500).end('oh');
  await map.refresh();
  await map.refresh();
  assert.equal(rig.told.length, 1);
  assert.match(rig.told[0] ?? '', /the server answers 500; what is known of it stays/);
  assert.deepEqual(map.value, ['one', 'three 3']);

  const endless = new HttpMap(`${rig.url}/endless`, undefined, lines, rig.world);
  let sent = 0;
  rig.answer = (_, reply) => {
    const more = (): void => {
      sent += 1_000_000;
      if (!reply.destroyed && sent < 10 * maxBytes)
        reply.write(Buffer.alloc(1_000_000, 'x\n'), () => setImmediate(more));
    };
    more();
  };
  await endless.refresh();
  assert.match(rig.told[1] ?? '', /it has more than \d+ bytes/);
  assert.equal(endless.version, 0);
  const nowhere = new HttpMap(`http://127.0.0.1:${await freePort()}/`, undefined, lines, rig.world);
  await nowhere.refresh();
  assert.match(rig.told[2] ?? '', /ECONNREFUSED/);
});

test('a signed map counts where the signature is that of the key', limits, async (t) => {
  const rig = await start(t);
  const pair = generateKeyPair('sign');
  const body = Buffer.from('good\n');
  let signature = signBytes(body, pair);
  rig.answer = (request, reply) => void reply.end(request.url?.endsWith('.sig') ? signature : body);
  const source = readSource(`sign+key=${pair.publicKey}+${rig.url}`, assert.fail);
  assert.ok(source?.kind === 'http');
  const map = new HttpMap(source.url, source.key, lines, rig.world);
  await map.refresh();
  assert.deepEqual(map.value, ['good']);
  signature = signBytes(Buffer.from('other\n'), pair);
  const other = new HttpMap(`${rig.url}/other`, source.key, lines, rig.world);
  await other.refresh();
  assert.equal(other.version, 0);
  assert.match(rig.told.join(), /its signature is not the one of its key/);
  const problems: string[] = [];
  for (const text of [`sign+${rig.url}`, `sign+key=abc+${rig.url}`, 'redis://host/'])
    assert.equal(
      readSource(text, (problem) => void problems.push(problem)),
      undefined,
    );
  assert.equal(problems.length, 3);
});

test('signed and packed files; one that is replaced by a forgery stays as it was', limits, async (t) => {
  const rig = await start(t);
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const pair = generateKeyPair('sign');
  const path = join(rig.folder, 'names');
  writeFileSync(path, 'one\n');
  writeFileSync(`${path}.sig`, signBytes(Buffer.from('one\n'), pair));
  writeFileSync(`${path}.pub`, `${pair.publicKey}\n`);
  const signed = linesOfMap([`sign+file://${path}`, 'inline'], rig.world, assert.fail);
  assert.deepEqual(signed().lines, ['inline', 'one']);
  const { version } = signed();
  writeFileSync(path, 'forged\n');
  utimesSync(path, 1, 1);
  now += 10_000;
  assert.deepEqual(signed().lines, ['inline', 'one']);
  assert.match(rig.told.join(), /its signature is not the one of its key/);
  assert.ok(signed().version >= version);

  const zstd = await loadZstd();
  const packed = join(rig.folder, 'packed.zst');
  writeFileSync(packed, zstd.compress(Buffer.from('packed\n')));
  const map = linesOfMap([packed], rig.world, assert.fail);
  // The decompressor is loaded in the background, as a scan is never kept waiting.
  while (map().lines.length === 0) {
    now += 10_000;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(map().lines, ['packed']);
  assert.equal(rig.told.length, 1);
  writeFileSync(packed, Buffer.from('28b52ffd00', 'hex'));
  for (let look = 0; look < 3; look++) {
    now += 10_000;
    assert.deepEqual(map().lines, ['packed']);
  }
  assert.equal(rig.told.length, 2, rig.told.join());
});

test('the fallback counts until the server has answered', limits, async (t) => {
  const rig = await start(t);
  const path = join(rig.folder, 'backup');
  writeFileSync(path, 'backup\n');
  const map = linesOfMap([rig.url, `fallback+file://${path}`], { ...rig.world, interval: 600_000 }, assert.fail);
  assert.deepEqual(map().lines, ['backup']);
  while (map().lines.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(map().lines, ['one', 'three 3']);
  // A fallback of nothing is no source.
  assert.deepEqual(linesOfMap([`fallback+file://${path}`], rig.world, assert.fail)().lines, []);
});

test('a kept file that is damaged is asked for anew', limits, async (t) => {
  const rig = await start(t);
  await new HttpMap(rig.url, undefined, lines, rig.world).refresh();
  const name = createHash('sha256').update(rig.url).digest('hex').slice(0, 32);
  for (const damaged of ['', 'no line end', '{"asked":"x"}\nforged\n', '[1\nforged\n', 'null\nforged\n']) {
    writeFileSync(join(rig.folder, 'rspamd-proxy-maps', `${name}.map`), damaged);
    const map = new HttpMap(rig.url, undefined, lines, { ...rig.world, interval: 600_000 });
    await map.refresh();
    assert.deepEqual(map.value, ['one', 'three 3']);
  }
});

test('a server says how long its answer counts, within bounds', limits, async (t) => {
  const rig = await start(t);
  const day = Date.UTC(2026, 11, 1);
  let [clock, now] = [day, 0];
  t.mock.method(performance, 'now', () => now);
  t.mock.method(Date, 'now', () => clock);
  const pass = (milliseconds: number): void => {
    clock += milliseconds;
    now += milliseconds;
  };
  const world = { ...rig.world, interval: 60_000 };
  const askedAfter = async (expires: number, milliseconds: number): Promise<boolean> => {
    const map = new HttpMap(`${rig.url}?${expires}`, undefined, lines, world);
    rig.answer = (_, reply) => void reply.setHeader('Expires', new Date(clock + expires).toUTCString()).end('one\n');
    await map.refresh();
    const count = rig.requests.length;
    pass(milliseconds);
    await map.refresh();
    return rig.requests.length > count;
  };
  assert.equal(await askedAfter(600_000, 300_000), false);
  assert.equal(await askedAfter(600_000, 601_000), true);
  // Sooner than the configuration has it: that counts. Too long: ten times of it.
  assert.equal(await askedAfter(1000, 30_000), false);
  assert.equal(await askedAfter(30 * 86_400_000, 599_000), false);
  assert.equal(await askedAfter(31 * 86_400_000, 601_000), true);
});

test('nginx: a map behind a name and a password, asked for only where it changed', {
  ...limits,
  skip: noNginx,
}, async (t) => {
  const rig = await start(t);
  const port = await freePort();
  writeFileSync(join(rig.folder, 'users'), 'me:{PLAIN}se@cret\n');
  writeFileSync(join(rig.folder, 'list'), 'one\n', { mode: 0o644 });
  await startNginx(
    t,
    `log_format codes $status; server { listen 127.0.0.1:${port}; access_log ${rig.folder}/codes codes;
       location / { root ${rig.folder}; auth_basic maps; auth_basic_user_file ${rig.folder}/users; } }`,
  );
  const host = `127.0.0.1:${port}/list`;
  const own = new HttpMap(`http://me:se%40cret@${host}`, undefined, lines, rig.world);
  await own.refresh();
  await own.refresh();
  assert.deepEqual([rig.told, own.value, own.version], [[], ['one'], 1]);
  writeFileSync(join(rig.folder, 'list'), 'one\ntwo\n');
  await own.refresh();
  assert.deepEqual(own.value, ['one', 'two']);
  const credentials = new Map([['127.0.0.1', 'me:se@cret']]);
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-maps-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const configured = new HttpMap(`http://${host}`, undefined, lines, {
    ...rig.world,
    stateFolder: folder,
    credentials,
  });
  await configured.refresh();
  assert.deepEqual(configured.value, ['one', 'two']);
  assert.deepEqual(rig.told, []);
  const stranger = new HttpMap(`http://nobody:wrong@${host}?x`, undefined, lines, rig.world);
  await stranger.refresh();
  assert.deepEqual(rig.told, [`map http://${host}?x: the server answers 401; what is known of it stays`]);
});
