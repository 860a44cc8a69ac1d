import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { slow } from '../support/project.ts';
import { generator, mutate, seeds } from './mutations.ts';
import { clean, makeScanner, scanText } from './support.ts';

/** Messages that were made to take long, each a few MB. */
const fields = clean.slice(0, clean.indexOf('\r\n\r\n') + 2);
const body = (text: string): string => `${fields}\r\n${text}`;
const html = (text: string): string => `${fields}Content-Type: text/html\r\n\r\n${text}`;
const field = (name: string, value: string): string => `${name}: ${value}\r\n${fields}\r\nhi`;
const received =
  'Received: from a.example.org (b.example.org [192.0.2.7]) by c.example.net with ESMTP id 1; Tue, 01 Dec 2026 08:00:00 +0000\r\n';

const cases: Readonly<Record<string, () => string>> = {
  'one long word': () => body('a'.repeat(4_000_000)),
  'blanks only': () => body(' '.repeat(4_000_000)),
  'lines only': () => body('\r\n'.repeat(2_000_000)),
  'at signs': () => body('a@b'.repeat(1_000_000)),
  dots: () => body('a.'.repeat(1_000_000)),
  'words dot words': () => body('a dot b dot '.repeat(300_000)),
  'letters apart': () => body('h t t p '.repeat(400_000)),
  'many hosts': () => body(Array.from({ length: 50_000 }, (_, at) => `http://h${at}.example.com/x `).join('')),
  'a long word with one strange character': () => body(`\xc3\xa9${'a'.repeat(600)}\xe2\x80\xae`),
  'many scripts': () => body('\xc3\xa4\xd0\xb0\xe4\xb8\xad '.repeat(200_000)),
  'many fields': () => `${'X-A: b\r\n'.repeat(100_000)}${fields}\r\nhi`,
  'a long message id': () => field('Message-ID', `<${'a@'.repeat(4_000_000)}>`),
  'many hops': () => `${received.repeat(10_000)}${fields}\r\nhi`,
  'a hop without end': () => field('Received', 'from ( ['.repeat(300_000)),
  'a long subject': () => field('Subject', 'A!$ '.repeat(500_000)),
  'many encoded words': () => field('Subject', '=?utf-8?Q?a?= '.repeat(100_000)),
  'many recipients': () => field('Cc', 'c@example.net, '.repeat(100_000)),
  'a long name': () => field('Reply-To', `${'"a" '.repeat(300_000)}<a@example.org>`),
  'a long id': () => field('References', '<a.b@'.repeat(300_000)),
  'links in links': () => html('<div><a href="http://example.com/">http://other.com/</a>'.repeat(30_000)),
  'tags in tags': () => html('<b>'.repeat(1_000_000)),
  images: () => html('<img src="cid:x" width=1 height=1>'.repeat(50_000)),
  styles: () => html(`<p style="${'color:#fff;'.repeat(300_000)}">x`),
  'many parts': () =>
    `${fields}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'.repeat(50_000)}`,
  'parts in parts': () =>
    fields +
    Array.from({ length: 1000 }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join(
      '',
    ),
  'many files': () =>
    `${fields}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Disposition: attachment; filename="f.pdf.exe"\r\n\r\nMZ\r\n'.repeat(20_000)}`,
  'zero bytes': () => '\0'.repeat(1_000_000),
};

test('every message is scanned to the end, whatever it is made of', { timeout: 300_000 }, async (t) => {
  const scanner = await makeScanner();
  for (const [name, make] of Object.entries(cases)) {
    await t.test(name, async () => {
      const message = make();
      const started = performance.now();
      const reply = await scanText(scanner, message, { headers: [['Pass', 'all']] });
      assert.ok(reply.action.length > 0);
      const seconds = (performance.now() - started) / 1000;
      assert.ok(seconds < 20, `${seconds} s`);
    });
  }
});

test('cut and shuffled messages are scanned too', { timeout: 120_000 }, async () => {
  const scanner = await makeScanner();
  const whole = `${received}${html('<p>Dear <b>you</b>, see <a href="http://example.com/x?y=http://z.example.org/">www.example.net</a></p>')}`;
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 300; round++) {
    const from = random(whole.length);
    const cut = `${whole.slice(0, random(whole.length))}${String.fromCharCode(random(256)).repeat(random(4))}${whole.slice(from)}`;
    assert.ok((await scanText(scanner, cut)).action.length > 0);
  }
});

/** Bytes of objects that are still in use. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

test('mutated messages: a verdict for every one, within its time and memory', {
  timeout: slow ? 7_200_000 : 300_000,
}, async () => {
  const scanner = await makeScanner();
  const all = seeds();
  const random = generator(20_261_201);
  const runs = slow ? 50_000 : 700;
  let slowest = 0;
  let early = 0;
  for (let run = 0; run < runs; run++) {
    const bytes = mutate(all[run % all.length] as Buffer, random).toString('latin1');
    const started = process.cpuUsage();
    try {
      const reply = await scanText(scanner, bytes, { headers: [['Pass', 'all']] });
      assert.ok(reply.action.length > 0 && Number.isFinite(reply.score));
    } catch (error) {
      throw new Error(`this message: ${JSON.stringify(bytes)}`, { cause: error });
    }
    const { user, system } = process.cpuUsage(started);
    slowest = Math.max(slowest, (user + system) / 1000);
    if (run === runs >> 1) early = heapInUse();
  }
  assert.ok(slowest < 5000, `the slowest took ${slowest} ms`);
  const late = heapInUse();
  assert.ok(late < early + 50_000_000, `${early} bytes after half of them, ${late} after all`);
});
