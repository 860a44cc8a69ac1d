import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ScanPool, SelfScanBackend } from '../../src/backends/index.ts';
import { buildConfig } from '../../src/config/index.ts';
import { Headers } from '../../src/message/headers.ts';
import { silentLogger } from '../../src/message/log.ts';
import type { ScanReply, ScanRequest } from '../../src/message/scan.ts';
import { scanSpec, stockDnsSettings } from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';
import { decodeMsgpack, encodeMsgpack } from '../../src/wire/msgpack/index.ts';
import { type PartToWrite, parseMultipart, writeMultipart } from '../../src/wire/multipart/index.ts';
import { sharedZstd } from '../../src/wire/zstd/index.ts';
import { scanRequest } from '../support/requests.ts';

const limits = { timeout: 60_000 };

const message = Buffer.from('From: a@example.org\r\nSubject: x\r\n\r\ntext\r\n');

async function open(t: TestContext): Promise<(request: Partial<ScanRequest>) => Promise<ScanReply>> {
  const { root } = loadText(
    'actions { reject = 50; add_header = 40; } settings { s { id = "s"; apply { actions { reject = 99; } } } c { client_ip = "192.0.2.8"; apply { symbols { ASKED = 1; } } } }',
  );
  if (root === undefined) throw new Error('no tree');
  const spec = { scan: scanSpec(buildConfig(root).config), dns: stockDnsSettings, dataFolder: undefined };
  const pool = new ScanPool(spec, { threads: 1, perThread: 8, queue: 9, patience: 20_000 }, silentLogger);
  const backend = new SelfScanBackend('local', pool, 1_000_000, async () => 'counted 1\n');
  t.after(() => backend.close());
  return (request) =>
    backend.scan(scanRequest({ body: message, ...request }), { hosts: [], last: true, begun: () => {} });
}

interface Verdict {
  readonly required_score: number;
  readonly symbols: Readonly<Record<string, { readonly options?: readonly string[] }>>;
}

const verdictOf = (body: Buffer): Verdict => JSON.parse(body.toString('utf8')) as Verdict;

test('/checkv2 as JSON, as msgpack and compressed', limits, async (t) => {
  const scan = await open(t);
  const json = await scan({});
  assert.equal(json.headers.get('Content-Type'), 'application/json');
  assert.equal(json.result?.action, 'no action');
  const packed = await scan({ headers: new Headers(['Accept', 'application/msgpack']) });
  assert.equal(packed.headers.get('Content-Type'), 'application/msgpack');
  const { symbols } = decodeMsgpack(packed.body) as unknown as Verdict;
  assert.deepEqual(Object.keys(symbols).sort(), Object.keys(verdictOf(json.body).symbols).sort());
  const zstd = await sharedZstd();
  const compressed = await scan({ body: zstd.compress(message), headers: new Headers(['Compression', 'zstd']) });
  assert.equal(compressed.headers.get('Compression'), 'zstd');
  assert.deepEqual(Object.keys(verdictOf(zstd.decompress(compressed.body, 1e6)).symbols), Object.keys(symbols));
});

test('settings know the address of the client', limits, async (t) => {
  const scan = await open(t);
  const symbolsFor = async (address: string) =>
    Object.keys(verdictOf((await scan({ peer: { kind: 'inet', address, port: 1 } })).body).symbols);
  assert.ok((await symbolsFor('192.0.2.8')).includes('ASKED'));
  assert.equal((await symbolsFor('192.0.2.9')).includes('ASKED'), false);
});

test('parameters of the target count as headers', limits, async (t) => {
  const scan = await open(t);
  const { body } = await scan({ target: '/checkv2?settings-id=s' });
  assert.equal(verdictOf(body).required_score, 99);
});

function form(metadata: PartToWrite, parts: readonly PartToWrite[]): Partial<ScanRequest> {
  const { contentType, chunks } = writeMultipart([metadata, ...parts], 'form-data');
  return { target: '/checkv3', headers: new Headers(['Content-Type', contentType]), body: Buffer.concat(chunks) };
}

const metadata = { from: 'x@example.org', rcpt: ['y@example.net', 'z@example.net'], settings_id: 's' };
const asJson = { name: 'metadata', contentType: 'application/json', body: Buffer.from(JSON.stringify(metadata)) };

test('/checkv3 takes the envelope from its metadata', limits, async (t) => {
  const scan = await open(t);
  const asMsgpack = { name: 'metadata', contentType: 'application/msgpack', body: encodeMsgpack(metadata) };
  const zstd = await sharedZstd();
  const whole = { name: 'message', body: message };
  const compressed = { name: 'message', encoding: 'zstd' as const, body: zstd.compress(message) };
  for (const request of [form(asJson, [whole]), form(asMsgpack, [whole]), form(asJson, [compressed])]) {
    const reply = await scan(request);
    const [part] = parseMultipart(reply.body, reply.headers.get('Content-Type') ?? '');
    assert.equal(part?.name, 'result');
    assert.equal(verdictOf(part?.body ?? Buffer.alloc(0)).required_score, 99);
    assert.equal(reply.result?.action, 'no action');
  }
  const plain = form(asJson, [whole]);
  const asked = await scan({
    ...plain,
    headers: new Headers([...(plain.headers?.flat ?? []), 'Accept', 'application/json']),
  });
  assert.equal(verdictOf(asked.body).required_score, 99);
});

test('forms that are none are refused', limits, async (t) => {
  const scan = await open(t);
  const wrong: readonly Partial<ScanRequest>[] = [
    { target: '/checkv3' },
    { ...form(asJson, []), target: '/checkv3' },
    form({ ...asJson, body: Buffer.from('{') }, [{ name: 'message', body: message }]),
    form(asJson, [{ name: 'message', encoding: 'zstd', body: message }]),
    { target: '/nothing' },
    { body: message, headers: new Headers(['Compression', 'zstd']) },
  ];
  for (const request of wrong) await assert.rejects(scan(request), { code: 'BAD_REQUEST' });
});

test('/ping answers without a scan, the older commands in their form', limits, async (t) => {
  const scan = await open(t);
  assert.equal((await scan({ target: '/ping' })).body.toString().trim(), 'pong');
  const metrics = await scan({ target: '/metrics' });
  assert.equal(metrics.body.toString(), 'counted 1\n');
  assert.match(metrics.headers.get('Content-Type') ?? '', /^application\/openmetrics-text/);
  const skipped = verdictOf((await scan({ target: '/skip' })).body);
  assert.ok('MISSING_TO' in skipped.symbols);
  const old = JSON.parse((await scan({ target: '/symbols' })).body.toString()) as { readonly default: object };
  assert.ok('MISSING_TO' in old.default);
});
