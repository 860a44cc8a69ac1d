import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { clean, makeScanner, scanText, stockActions } from '../support.ts';
import { replyTo, startStorage } from './fake.ts';

const limits = { timeout: 60_000 };

const row = (text: string, host: string, style = 'price') =>
  `<tr class="${style} wide"><td><p>${text} <a href="https://www.${host}/?id=${text}">go</a></p></td></tr>`;

const page = (...rows: readonly string[]): string =>
  clean
    .replace('User-Agent: test/1', 'MIME-Version: 1.0\r\nContent-Type: text/html')
    .replace('Hi.', `<html><body><div><table class="t12">${rows.join('')}</table></div></body></html>`);

const offer = page(row('one', 'example.com'), row('two', 'example.net'));

interface Asked {
  readonly digest: string;
  readonly shingles: readonly string[];
}

/** What a rule asks a storage for that finds everything. */
async function ask(t: TestContext, options: string, message: string) {
  const asked: Asked[] = [];
  const port = await startStorage(t, (query, reply) => {
    const shingles = Array.from({ length: query[2] as number }, (_, n) =>
      query.toString('hex', 76 + 8 * n, 84 + 8 * n),
    );
    asked.push({ digest: query.toString('hex', 12, 76), shingles });
    reply(replyTo(query, { value: 100, flag: 1, probability: 1 }));
  });
  const scanner = await makeScanner(`${stockActions} fuzzy_check { rule "test" { servers = "127.0.0.1:${port}";
    max_score = 10; ${options} fuzzy_map { ONE { flag = 1; } } } }
    group "fuzzy" { symbols { ONE { weight = 10; } } }`);
  assert.deepEqual(scanner.problems, []);
  const found = (await scanText(scanner, message)).symbols['ONE'];
  return { asked, kinds: (found?.options ?? []).map((option) => option.split(':')[3]), score: found?.score ?? 0 };
}

const html = 'text_hashes = no; html_shingles = yes; min_html_tags = 5;';

test('HTML has a hash of how it is built, whatever its text', limits, async (t) => {
  const first = await ask(t, html, offer);
  assert.deepEqual(first.kinds, ['html']);
  assert.equal(first.asked[0]?.shingles.length, 32);
  const digests = [];
  for (const message of [
    page(row('other', 'example.com'), row('words', 'example.net')),
    page(row('one', 'example.com', 'PRICE!'), row('two', 'example.net')),
    page(row('one', 'example.com', 'utm_1'), row('two', 'example.net')),
    page(row('one', 'example.org'), row('two', 'example.net')),
  ])
    digests.push((await ask(t, html, message)).asked[0]?.digest === first.asked[0]?.digest);
  assert.deepEqual(digests, [true, true, false, false]);
});

test('documents that are much alike share shingles, by every algorithm', limits, async (t) => {
  const rows = Array.from({ length: 20 }, (_, n) => row(`row${n}`, 'example.com', `c${String.fromCharCode(97 + n)}x`));
  for (const algorithm of ['siphash', 'mumhash', 'xxhash', 'fasthash']) {
    const options = `${html} algorithm = ${algorithm};`;
    const [one] = (await ask(t, options, page(...rows))).asked;
    const [other] = (await ask(t, options, page(...rows, row('more', 'example.com')))).asked;
    assert.notEqual(one?.digest, other?.digest);
    const common = one?.shingles.filter((shingle, n) => shingle === other?.shingles[n]).length ?? 0;
    assert.ok(common > 16 && common < 33, `${algorithm}: ${common}`);
  }
});

test('checks.html counts, and its weight', limits, async (t) => {
  const section = 'checks { text { enabled = no; } html { min_tags = 5; weight = 0.5; ignore_link_domains = yes; } }';
  const { asked, kinds, score } = await ask(t, section, offer);
  assert.deepEqual(kinds, ['html', 'htmld']);
  assert.notEqual(asked[0]?.digest, asked[1]?.digest);
  assert.ok(Math.abs(score - 5) < 0.01, `${score}`);
  const elsewhere = await ask(t, section, page(row('one', 'example.org'), row('two', 'example.org')));
  assert.equal(elsewhere.asked[0]?.digest, asked[0]?.digest);
  assert.notEqual(elsewhere.asked[1]?.digest, asked[1]?.digest);
});

test('text and HTML are looked for together, small or flat documents not at all', limits, async (t) => {
  const both = await ask(t, 'min_bytes = 1; html_shingles = yes; min_html_tags = 5;', offer);
  assert.deepEqual(both.kinds.sort(), ['bin', 'html']);
  assert.deepEqual((await ask(t, 'min_bytes = 1000; html_shingles = yes; min_html_tags = 5;', offer)).kinds, []);
  assert.deepEqual((await ask(t, 'text_hashes = no; html_shingles = yes; min_html_tags = 500;', offer)).kinds, []);
  assert.deepEqual((await ask(t, html, page(row('one', 'example.com')))).kinds, []);
});
