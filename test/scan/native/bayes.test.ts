import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { buildConfig } from '../../../src/config/index.ts';
import { Headers } from '../../../src/message/headers.ts';
import { Learner, scanSpec } from '../../../src/scan/index.ts';
import { fileNameWords } from '../../../src/scan/native/bayes/about.ts';
import { type Counts, classify, confidence } from '../../../src/scan/native/bayes/classify.ts';
import { FileStore } from '../../../src/scan/native/bayes/file-store.ts';
import { TokenTable } from '../../../src/scan/native/bayes/token-table.ts';
import { addTokens, stockOsb, type Token } from '../../../src/scan/native/bayes/tokens.ts';
import { loadText } from '../../../src/ucl/index.ts';
import { freePort } from '../../support/free-port.ts';
import { noRedis, startRedis } from '../../support/redis.ts';
import { noRspamd, startRspamd } from '../../support/rspamd.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';

const bounded = { timeout: 60_000 };

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-bayes-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('pairs of words: the first one is in none as the nearer word, URLs begin none', bounded, () => {
  const of = (text: string): Token[] => {
    const tokens: Token[] = [];
    const words = text.split(' ').map((bytes) => ({ bytes, kind: bytes.startsWith('u:') ? 'url' : 'text' }) as const);
    addTokens(words, stockOsb, tokens);
    return tokens;
  };
  assert.deepEqual(of('one two'), []);
  assert.equal(of('one two three').length, 1);
  assert.equal(of('one two three four').length, 2);
  assert.deepEqual(of('x one two three').at(-1)?.id, of('y one two three').at(-1)?.id);
  assert.equal(of('one u:two three four').length, 1);
});

test('words of file names', bounded, () => {
  assert.deepEqual(fileNameWords('Invoice_2024-ReportFinal.pdf.exe'), [
    '#f:Invoice_2024-ReportFinal.pdf.exe',
    '#fe:exe',
    '#fe:pdf.exe',
    '#fp:invoice',
    '#fp:report',
    '#fp:final',
    '#fp:pdf',
  ]);
  assert.deepEqual(fileNameWords('a'), ['#f:a']);
});

test('tokens of one class say so, those of both say nothing', bounded, () => {
  const tokens = Array.from({ length: 20 }, (_, at): Token => ({ id: BigInt(at + 1), meta: false, distance: 1 }));
  const settings = { minLearns: 1, minTokens: 11, minTokenHits: 2, minStrength: 0.05 };
  const all = (counts: Counts) =>
    classify(
      tokens,
      tokens.map(() => counts),
      { spam: 10, ham: 10 },
      settings,
    );
  const probability = (result: ReturnType<typeof all>) => ('probability' in result ? result.probability : undefined);
  assert.ok((probability(all({ spam: 5, ham: 0 })) ?? 0) > 0.99);
  assert.ok((probability(all({ spam: 0, ham: 5 })) ?? 1) < 0.01);
  assert.ok(Math.abs((probability(all({ spam: 5, ham: 5 })) ?? 0) - 0.5) < 1e-9);
  assert.equal(probability(all({ spam: 1, ham: 0 })), undefined);
  assert.ok('skipped' in classify(tokens, [], { spam: 0, ham: 10 }, settings));
  assert.equal(confidence(0.5), 0);
  assert.equal(confidence(1), 1);
});

test('a table of tokens counts as a map does', bounded, () => {
  const table = new TokenTable();
  const map = new Map<bigint, Counts>();
  let seed = 1n;
  for (let n = 0; n < 50_000; n++) {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    const id = n % 3 === 0 ? seed % 1000n : seed;
    const as = n % 2 === 0 ? 'spam' : 'ham';
    const times = n % 5 === 0 ? -1 : 2;
    table.add(id, as, times);
    const key = id === 0n ? 1n : id;
    const before = map.get(key) ?? { spam: 0, ham: 0 };
    map.set(key, { ...before, [as]: Math.max(0, before[as] + times) });
  }
  for (const [id, counts] of map) assert.deepEqual(table.get(id), counts);
  assert.equal(table.size, map.size);
  const there = [...map].filter(([, { spam, ham }]) => spam > 0 || ham > 0);
  assert.deepEqual(new Map(table.entries()), new Map(there));
});

test('a file of statistics: what one process writes another reads; garbage is passed over', bounded, async (t) => {
  const path = join(await folderOf(t), 'sub/bayes.db');
  const [writer, reader] = [new FileStore(path), new FileStore(path)];
  assert.deepEqual(await reader.learns('RS'), { spam: 0, ham: 0 });
  await writer.learn('RS', 'spam', [1n, 2n], 1);
  await writer.remember('some message', 'spam');
  assert.deepEqual(await reader.learns('RS'), { spam: 1, ham: 0 });
  assert.deepEqual(await reader.counts('RS', [1n, 2n, 3n]), [
    { spam: 1, ham: 0 },
    { spam: 1, ham: 0 },
    { spam: 0, ham: 0 },
  ]);
  assert.equal(await reader.learnedAs('some message'), 'spam');
  // A writer that died half way, and one that goes on.
  const whole = await readFile(path);
  await appendFile(path, whole.subarray(0, 30));
  assert.deepEqual(await reader.learns('RS'), { spam: 1, ham: 0 });
  await writer.learn('RS', 'ham', [2n], 1);
  for (const store of [reader, new FileStore(path)]) {
    assert.deepEqual(await store.learns('RS'), { spam: 1, ham: 1 });
    assert.deepEqual(await store.counts('RS', [2n]), [{ spam: 1, ham: 1 }]);
  }
  await writer.learn('RS', 'spam', [1n], -1);
  assert.deepEqual(await reader.counts('RS', [1n]), [{ spam: 0, ham: 0 }]);
  await writeFile(path, 'no statistics at all');
  assert.deepEqual(await reader.learns('RS'), { spam: 0, ham: 0 });
});

test('writers take turns; a file that grew large is written anew and says the same', {
  timeout: 120_000,
}, async (t) => {
  const path = join(await folderOf(t), 'bayes.db');
  const stores = [new FileStore(path), new FileStore(path), new FileStore(path)];
  const tokens = Array.from({ length: 120_000 }, (_, at) => BigInt(at + 1));
  await Promise.all(Array.from({ length: 36 }, (_, n) => (stores[n % 3] as FileStore).learn('RS', 'spam', tokens, 1)));
  const { size } = await stat(path);
  assert.ok(size < 20_000_000, `${size} bytes`);
  for (const store of [...stores, new FileStore(path)]) {
    assert.deepEqual(await store.learns('RS'), { spam: 36, ham: 0 });
    assert.deepEqual(await store.counts('RS', [1n, 120_000n]), [
      { spam: 36, ham: 0 },
      { spam: 36, ham: 0 },
    ]);
  }
});

/** Long enough that its language is beyond doubt. */
const spamText = (n: number): string =>
  mail(
    `Winner number ${n}`,
    `Congratulations dear customer ${n}, you have been selected to receive the grand prize of our international lottery. ` +
      'Please send your full name, your address and your bank account to the claims department of this company before the end of the month, ' +
      'and our agents will transfer the money without any delay. Cheap watches and replica handbags are available at unbeatable discount prices too.',
  );
const hamText = (n: number): string =>
  mail(
    `Minutes of meeting ${n}`,
    `Good morning everybody, here are the minutes of meeting ${n} about the garden project. We agreed that the river bank should be planted with willows in spring, ` +
      'that the school would take care of the vegetable beds, and that the council has to be asked about the old bridge near the mill. ' +
      'Thank you all for coming; the next meeting is going to be in the library, as the town hall is being painted.',
  );

function mail(subject: string, text: string): string {
  return `From: Anna <anna@example.org>\r\nTo: b@example.net\r\nSubject: ${subject}\r\nMessage-ID: <1@example.org>\r\nDate: Sun, 22 Nov 2026 11:59:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
}

const statfiles = 'statfile { symbol = "BAYES_HAM"; spam = false; } statfile { symbol = "BAYES_SPAM"; spam = true; }';
const classifier = (more: string): string =>
  `classifier "bayes" { tokenizer { name = "osb"; window = 2; } min_learns = 5; min_tokens = 11; ${statfiles} ${more} }`;

async function learnerOf(tree: string): Promise<Learner> {
  const { root } = loadText(tree, { name: 'tree' });
  assert.ok(root);
  const learner = await Learner.of(scanSpec(buildConfig(root).config), (text) => assert.fail(text));
  assert.ok(learner);
  return learner;
}

const nobody = new Headers([]);

async function teach(learner: Learner): Promise<void> {
  for (let n = 0; n < 8; n++) {
    assert.equal(await learner.learn(Buffer.from(spamText(n)), nobody, 'spam'), 'learned');
    assert.equal(await learner.learn(Buffer.from(hamText(n)), nobody, 'ham'), 'learned');
  }
}

test('what was learned is recognised, also by a scanner that starts later', bounded, async (t) => {
  const path = join(await folderOf(t), 'bayes.db');
  const tree = `${stockActions} ${classifier(`path = "${path}";`)}`;
  const early = await makeScanner(tree);
  assert.equal((await scanText(early, spamText(100))).symbols['BAYES_SPAM'], undefined);
  const learner = await learnerOf(tree);
  await teach(learner);
  assert.equal(await learner.learn(Buffer.from(spamText(0)), nobody, 'spam'), 'known');
  for (const scanner of [early, await makeScanner(tree)]) {
    const [spam, ham] = [await scanText(scanner, spamText(101)), await scanText(scanner, hamText(101))];
    assert.ok((spam.symbols['BAYES_SPAM']?.score ?? 0) > 4, JSON.stringify(spam.symbols));
    assert.ok((ham.symbols['BAYES_HAM']?.score ?? 0) < -2, JSON.stringify(ham.symbols));
  }
  assert.equal(await learner.learn(Buffer.from(hamText(0)), nobody, 'spam'), 'relearned');
});

test('statistics that cannot be reached leave a verdict', bounded, async () => {
  const scanner = await makeScanner(
    `${stockActions} ${classifier(`backend = "redis"; servers = "127.0.0.1:${await freePort()}";`)}`,
  );
  const reply = await scanText(scanner, spamText(1));
  assert.equal(reply.symbols['BAYES_SPAM'], undefined);
  assert.equal(reply.action, 'no action');
});

test('Redis: Rspamd recognises what we learned, and we what Rspamd learned', {
  timeout: 120_000,
  skip: noRspamd || noRedis,
}, async (t) => {
  const [ours, theirs] = [await startRedis(t), await startRedis(t)];
  const on = (port: number) =>
    classifier(`cache {} backend = "redis"; new_schema = true; servers = "127.0.0.1:${port}";`);
  const learner = await learnerOf(on(ours.port));
  await teach(learner);
  await learner.close();
  const ask = async (port: number, path: string, body: string): Promise<Reply> => {
    const reply = await request(`http://127.0.0.1:${port}${path}`, { method: 'POST', body });
    return (await reply.body.json()) as Reply;
  };
  const group = 'group "statistics" { symbols { BAYES_SPAM { weight = 5.1; } BAYES_HAM { weight = -3; } } }';
  const start = async (redis: number): Promise<number> => {
    const controller = `worker "controller" { bind_socket = "127.0.0.1:{port}"; count = 1; secure_ip = "127.0.0.1"; }`;
    const { port } = await startRspamd(t, { sections: `${controller} ${on(redis)} ${group}`, ready: '/ping' });
    return port;
  };
  const reading = await start(ours.port);
  const spam = await ask(reading, '/checkv2', spamText(102));
  const ham = await ask(reading, '/checkv2', hamText(102));
  assert.ok((spam.symbols['BAYES_SPAM']?.score ?? 0) > 3, JSON.stringify(spam));
  assert.ok((ham.symbols['BAYES_HAM']?.score ?? 0) < -1.5, JSON.stringify(ham));

  const learning = await start(theirs.port);
  for (let n = 0; n < 8; n++) {
    assert.deepEqual(await ask(learning, '/learnspam', spamText(n)), { success: true });
    assert.deepEqual(await ask(learning, '/learnham', hamText(n)), { success: true });
  }
  const scanner = await makeScanner(`${stockActions} ${on(theirs.port)}`);
  const [known, other] = [await scanText(scanner, spamText(103)), await scanText(scanner, hamText(103))];
  assert.ok((known.symbols['BAYES_SPAM']?.score ?? 0) > 3, JSON.stringify(known.symbols));
  assert.ok((other.symbols['BAYES_HAM']?.score ?? 0) < -1.5, JSON.stringify(other.symbols));
});
