import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slow } from '../support/project.ts';
import { Bench, connected, connectPacket, message, offer, packet, settled, uint32, verdict, zero } from './support.ts';

const rounds = slow ? 50_000 : 2000;
const timeout = slow ? 600_000 : 60_000;

const verdictLetters = new Set(['a', 'd', 't', 'y']);

/** Sends chunks; every scan that begins is answered some chunks later. Counts what comes of it. */
class Soup {
  readonly bench: Bench;
  /** Ends of messages that were taken in and not called back by an abort or the end of the session. */
  owed = 0;
  #answers = ['no action', 'reject', 'soft reject', 'discard', 'add header', 'bogus'];
  #answered = 0;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  async feed(chunk: Buffer, answer: boolean): Promise<void> {
    this.bench.session.receive(chunk);
    // A session that has been closed takes nothing; one that scans waits for us.
    if (answer) await this.answer();
  }

  async answer(): Promise<void> {
    for (; this.#answered < this.bench.scans.length; this.#answered++) {
      const scan = this.bench.scans[this.#answered];
      const aborted = scan?.request.signal.aborted === true;
      const action = this.#answers[this.#answered % this.#answers.length] as string;
      const before = this.#verdicts();
      const closed = this.bench.closed;
      scan?.answer(verdict({ action, milter: { add_headers: { A: 'b' } } }));
      await settled();
      const came = this.#verdicts() - before;
      if (aborted || closed) assert.equal(came, 0, 'a scan that was called back gives no verdict');
      else assert.ok(came >= 1, 'a scan gives a verdict');
    }
  }

  #seen = '';

  #verdicts(): number {
    this.#seen += this.bench.letters();
    return [...this.#seen].filter((letter) => verdictLetters.has(letter)).length;
  }

  get verdicts(): number {
    return this.#verdicts();
  }

  /** Scans that were never called back: as many verdicts are owed. */
  get scans(): number {
    return this.bench.scans.filter(({ request }) => !request.signal.aborted).length;
  }
}

const text = fc.oneof(
  fc.constantFrom('', 'i', '{i}', '<a@b>', '<>', 'X-Spam', 'unknown', 'SIZE=1'),
  fc.string({ maxLength: 12 }),
);
const strings = fc.array(text, { maxLength: 4 }).map((texts) => Buffer.from(zero(...texts), 'latin1'));
const payload = fc.oneof(
  strings,
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const goodFrame = fc.constantFrom(
  ...message({ queueId: 'Q' }),
  offer(),
  offer(2, 0x3f, 0x7f),
  offer(6, 0, 0),
  connected,
  connectPacket('h', '6', 1, '::1'),
  packet('A'),
  packet('K'),
  packet('H', zero('x')),
  packet('D', `M${zero('i', '1')}`),
  packet('U', zero('XFOO')),
  packet('E'),
  packet('E', 'tail'),
);
const oddFrame = fc
  .tuple(fc.constantFrom(...'ABCDEHKLMNOQRTUXz\0'), payload)
  .map(([letter, bytes]) => packet(letter, bytes));
const noise = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const frames = fc.array(
  fc.oneof({ weight: 30, arbitrary: goodFrame }, { weight: 8, arbitrary: oddFrame }, { weight: 1, arbitrary: noise }),
  { maxLength: 30 },
);

test('a soup of frames: never a throw, one verdict per scan, nothing after the end', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.integer({ min: 1, max: 60 })), fc.boolean(), async (sent, cuts, answering) => {
      const soup = new Soup(new Bench({ maxMessage: 5000 }));
      const wire = Buffer.concat(sent);
      for (let at = 0, cut = 0; at < wire.length; cut++) {
        const size = cuts[cut % Math.max(cuts.length, 1)] ?? wire.length;
        await soup.feed(wire.subarray(at, at + size), answering);
        at += size;
      }
      await soup.answer();
      assert.equal(
        soup.verdicts,
        soup.scans + soup.bench.lines.filter(({ text: line }) => line.includes('larger than')).length,
      );
      assert.equal(
        soup.bench.lines.some(({ level }) => level === 'critical'),
        false,
      );
    }),
    { numRuns: rounds },
  );
});

test('whatever came before, K and a message give the request of a fresh session', { timeout }, async () => {
  const fresh = new Bench().send(offer(), connected, message());
  const expected = [fresh.lastRequest.headers.flat, fresh.lastRequest.body.toString('latin1')];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(goodFrame, oddFrame), { maxLength: 30 }), async (sent) => {
      const soup = new Soup(new Bench());
      for (const one of sent) await soup.feed(one, true);
      if (soup.bench.closed) return;
      const before = soup.bench.scans.length;
      soup.bench.send(packet('K'), offer(), connected, message());
      const request = soup.bench.scans[before]?.request;
      assert.deepEqual([request?.headers.flat, request?.body.toString('latin1')], expected);
    }),
    { numRuns: rounds },
  );
});

test('a good session with changed bytes ends in a verdict, in a close, or waits for more', { timeout }, async () => {
  const good = Buffer.concat([offer(), connected, ...message({ queueId: 'Q' }), ...message(), packet('Q')]);
  const change = fc.record({
    at: fc.nat(good.length - 1),
    byte: fc.nat(255),
    kind: fc.constantFrom('set', 'drop', 'double'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let wire = good;
      for (const { at, byte, kind } of changes) {
        const [head, tail] = [wire.subarray(0, at), wire.subarray(at + (kind === 'double' ? 0 : 1))];
        wire = Buffer.concat([head, kind === 'drop' ? Buffer.alloc(0) : Buffer.from([byte]), tail]);
      }
      const soup = new Soup(new Bench());
      for (let at = 0; at < wire.length; at += 50) await soup.feed(wire.subarray(at, at + 50), true);
      assert.equal(soup.verdicts, soup.scans);
      assert.equal(
        soup.bench.lines.some(({ level }) => level === 'critical'),
        false,
      );
    }),
    { numRuns: rounds },
  );
});

test('memory stays bounded under input without end', { timeout: 60_000 }, () => {
  const bench = new Bench({ maxMessage: 1_000_000 }).send(offer(), connected);
  const pairs = Array.from({ length: 50 }, (_, at) => [`macro${at}`, 'x'.repeat(2000)]).flat();
  const chunk = Buffer.concat([
    packet('D', `M${zero(...pairs)}`),
    packet('R', zero(`<${'r'.repeat(1000)}@example.com>`)),
    packet('L', zero('A', 'x'.repeat(50_000))),
    packet('B', 'x'.repeat(100_000)),
  ]);
  const before = process.memoryUsage();
  for (let round = 0; round < 2000; round++) bench.session.receive(chunk);
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  assert.ok(grown < 50_000_000, `${grown} bytes more after ${2000 * chunk.length}`);
});

test('a length that promises much costs nothing', { timeout: 60_000 }, () => {
  const before = process.memoryUsage().arrayBuffers;
  const benches = Array.from({ length: 2000 }, () => {
    const bench = new Bench();
    bench.session.receive(Buffer.concat([uint32(131_073), Buffer.from('B')]));
    return bench;
  });
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < benches.length * 4096, `${grown} bytes for ${benches.length} connections`);
});
