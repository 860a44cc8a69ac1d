import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeyPair, writeKeyPair } from '../../src/wire/crypt/index.ts';
import { Mta } from '../conformance/milter/mta.ts';
import { connected, message, offer, packet, zero } from '../milter/support.ts';
import { freePort } from '../support/free-port.ts';
import { slow } from '../support/project.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { noRspamd, type RunningRspamd, startRspamd } from '../support/rspamd.ts';

const total = slow ? 2_000 : 200;
/** Milliseconds over which the messages are spread. */
const span = slow ? 45_000 : 8_000;
const clients = { http: 8, milter: 4 } as const;
/** Within so many milliseconds after an outage of all scanners every message has to get its verdict again. */
const recovery = 3_000;
/** Of one message, on a machine that does other things too. */
const patience = 60_000;

interface Fate {
  readonly id: string;
  readonly began: number;
  readonly ended: number;
  /** In what the client was told: anything else is no fate of a message. */
  readonly is: 'verdict' | 'temporary failure';
}

interface Outage {
  readonly began: number;
  ended: number;
}

test(`${total} messages while three real scanners are killed and started again: each has one verdict or one temporary failure`, {
  skip: noRspamd,
  timeout: 240_000,
}, async (t) => {
  const { scanners, start, mirror, pubkey } = await startScanners(t);
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-cluster-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [http, milter] = [await freePort(), await freePort()];
  const hosts = scanners.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const config = (port: number, more: string): string => `
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  timeout = 20s;
  ${more}
  comparison_log = "${folder}/comparisons";
  upstream "scanner" { default = yes; hosts = "${hosts}"; key = "${pubkey}"; compress = yes; }
  mirror "copy" { hosts = "127.0.0.1:${mirror.port}"; key = "${pubkey}"; compress = yes; timeout = 30s; }
}`;
  const proxy = await startProxyProcess(
    t,
    `options { upstream { revive_time = 1s; } }
      logging { type = "file"; filename = "${folder}/log"; level = "info"; }
      ${config(http, '')} ${config(milter, 'milter = yes;')}`,
  );
  const state = { answered: 0 };
  const began = performance.now();
  const fates: Fate[] = [];
  /** The next message, when its time has come; undefined when there is none left. */
  const next = async (): Promise<string | undefined> => {
    const number = state.answered++;
    if (number >= total) return undefined;
    await sleep(Math.max(0, began + (number / total) * span - performance.now()));
    return `message-${number}`;
  };
  const tell = (fate: Fate): void => void fates.push(fate);
  const sending = Promise.all([
    ...Array.from({ length: clients.http }, () => httpClient(http, next, tell)),
    ...Array.from({ length: clients.milter }, () => milterClient(milter, next, tell)),
  ]);
  const outages: Outage[] = [];
  let kills = 0;
  for (let round = 0; state.answered < total; round++) {
    // One after the other, but for once all together.
    const victims = round === 1 ? [0, 1, 2] : [round % scanners.length];
    const outage = { began: performance.now(), ended: Number.POSITIVE_INFINITY };
    if (victims.length === scanners.length) outages.push(outage);
    await Promise.all(
      victims.map(async (index) => {
        const victim = scanners[index] as RunningRspamd;
        await victim.kill();
        kills++;
        await sleep(300);
        scanners[index] = await start(victim.port);
      }),
    );
    outage.ended = performance.now() + recovery;
    if (victims.length === scanners.length) await sleep(recovery);
  }
  await sending;

  const ids = new Set(fates.map(({ id }) => id));
  assert.deepEqual([fates.length, ids.size], [total, total], 'every message has one fate');
  const failed = fates.filter(({ is }) => is === 'temporary failure');
  const needless = failed.filter((fate) => !outages.some((one) => fate.began < one.ended && fate.ended > one.began));
  assert.deepEqual(needless, [], 'no message fails while a scanner lives');
  const judged = new Set(fates.filter(({ is }) => is === 'verdict').map(({ id }) => id));
  const compared = await comparisons(join(folder, 'comparisons'), judged.size);
  assert.deepEqual(
    compared.map(({ queue_id }) => queue_id).sort(),
    [...judged].sort(),
    'one comparison for each verdict',
  );
  const agreed = compared.filter(({ mirrors }) => mirrors['copy']?.same === true).length;
  assert.equal(await proxy.stop(), 0);
  const retried = sessionsRetried(readFileSync(join(folder, 'log'), 'latin1'));
  assert.ok(retried > 0, 'some message met a scanner that was killed');
  t.diagnostic(
    `${kills} scanners killed; ${judged.size} verdicts, ${failed.length} temporary failures, ` +
      `${retried} messages retried, ${agreed} of ${compared.length} answers of the mirror the same`,
  );
});

interface Cluster {
  readonly scanners: RunningRspamd[];
  readonly mirror: RunningRspamd;
  readonly pubkey: string;
  start(port?: number): Promise<RunningRspamd>;
}

/** Three scanners with one key pair, and a fourth one to send copies to. */
async function startScanners(t: TestContext): Promise<Cluster> {
  const keys = writeKeyPair(generateKeyPair());
  const fields = Object.entries(keys).map(([name, value]) => `${name} = "${value}";`);
  const sections = `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; keypair { ${fields.join(' ')} } }`;
  const start = (port?: number) => startRspamd(t, { sections, ready: '/ping', ...(port !== undefined && { port }) });
  const [mirror, ...scanners] = await Promise.all([start(), start(), start(), start()]);
  return { scanners, mirror, pubkey: keys.pubkey ?? '', start };
}

type Next = () => Promise<string | undefined>;
type Tell = (fate: Fate) => void;

const temporary = new Set([502, 503, 504]);

async function httpClient(port: number, next: Next, tell: Tell): Promise<void> {
  let client: RawClient | undefined;
  for (let id = await next(); id !== undefined; id = await next()) {
    client ??= new RawClient(port);
    const began = performance.now();
    const mail = `Message-ID: <${id}@example.org>\r\nSubject: x\r\n\r\ntext\r\n`;
    const reply = await client.send(post('/checkv2', [`Queue-Id: ${id}`], mail)).reply();
    const is = temporary.has(reply.status) ? 'temporary failure' : 'verdict';
    if (is === 'verdict') {
      assert.equal(reply.status, 200);
      const verdict = JSON.parse(reply.body.toString()) as { action: string; 'message-id': string };
      assert.deepEqual([verdict.action, verdict['message-id']], ['no action', `${id}@example.org`]);
    }
    tell({ id, began, ended: performance.now(), is });
    if (reply.header('Connection') === 'close') client = undefined;
  }
  client?.socket.end();
  assert.equal((await client?.rest())?.length ?? 0, 0, 'nothing follows the last reply');
}

/** The session stays usable, whatever becomes of its messages. */
async function milterClient(port: number, next: Next, tell: Tell): Promise<void> {
  const mta = new Mta(connect(port, '127.0.0.1'));
  mta.send(Buffer.concat([offer(), connected, packet('H', zero('helo.example.net'))]));
  assert.equal((await mta.packet(patience))?.cmd, 'O');
  for (let id = await next(); id !== undefined; id = await next()) {
    const began = performance.now();
    mta.send(Buffer.concat(message({ queueId: id, headers: [['Message-ID', `<${id}@example.org>`]] })));
    const answer = (await answerOf(mta)) ?? '';
    assert.match(answer, /^(a|t|y 4.*)$/, id);
    tell({ id, began, ended: performance.now(), is: answer === 'a' ? 'verdict' : 'temporary failure' });
  }
  mta.send(packet('Q'));
  assert.equal(await mta.closes(patience), true);
  assert.equal(mta.waiting.length, 0, 'nothing follows the last reply');
}

/** The reply to a message: its letter, and the text where it has one; undefined where none comes. */
async function answerOf(mta: Mta): Promise<string | undefined> {
  for (;;) {
    const reply = await mta.packet(patience);
    if (reply === undefined || reply.cmd === 'a' || reply.cmd === 't') return reply?.cmd;
    // The scan goes on.
    if (reply.cmd !== 'p') return `${reply.cmd} ${reply.payload.toString('latin1')}`;
  }
}

interface ComparisonLine {
  readonly queue_id: string;
  readonly mirrors: Readonly<Record<string, { readonly same?: boolean }>>;
}

/** Lines of the log, when there are as many as expected or no more come. */
async function comparisons(path: string, expected: number): Promise<ComparisonLine[]> {
  const lines = (): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean);
  for (const until = performance.now() + 30_000; lines().length < expected && performance.now() < until; )
    await sleep(50);
  return lines().map((line) => JSON.parse(line) as ComparisonLine);
}

function sessionsRetried(log: string): number {
  const lines = log.matchAll(/<(\w+)>; proxy; proxy_backend_master_error_handler: retry connection to:/g);
  return new Set([...lines].map(([, session]) => session)).size;
}
