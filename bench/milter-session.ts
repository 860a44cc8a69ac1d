/**
 * What a milter session costs by itself: a transaction as Postfix sends it, split into packets, put into a request, a
 * usual answer turned into replies; scanner and sockets are stubs. Prints mitata's table, then messages and packets a
 * second of one core.
 */
import { bench, run } from 'mitata';
import { milterDefaults } from '../src/frontends/milter/index.ts';
import { MilterSession } from '../src/frontends/milter/session.ts';
import { Headers } from '../src/message/headers.ts';
import { silentLogger } from '../src/message/log.ts';
import type { ScanReply } from '../src/message/scan.ts';
import { FrameDecoder } from '../src/wire/milter/index.ts';
import { aborts, greeting, offer, transaction } from './milter-packets.ts';

const packets = transaction(2200);
const whole = Buffer.concat(packets);
const after = Buffer.concat(aborts);

const added = [
  'X-Spamd-Bar',
  'X-Rspamd-Action',
  'X-Spamd-Result',
  'X-Rspamd-Server',
  'X-Rspamd-Queue-Id',
  'X-Spam-Status',
];
const reply: ScanReply = {
  status: 200,
  reason: 'OK',
  headers: new Headers(),
  body: Buffer.alloc(0),
  result: {
    action: 'no action',
    milter: {
      remove_headers: Object.fromEntries(['X-Spam', ...added].map((name) => [name, 0])),
      add_headers: Object.fromEntries(
        added.map((name) => [name, { value: 'default: False [1.10 / 15.00]', order: -1 }]),
      ),
    },
  },
  encoding: 'utf8',
  rewritten: undefined,
};
const answered = Promise.resolve(reply);

let verdicts = 0;
const wire = {
  write: () => {
    verdicts++;
    return true;
  },
  pause: () => {},
  resume: () => {},
  close: () => {},
};
const session = new MilterSession(
  milterDefaults,
  { scan: () => answered, logger: silentLogger, now: () => performance.now() },
  { kind: 'inet', address: '127.0.0.1', port: 1 },
  wire,
);
session.receive(Buffer.concat([offer, ...greeting]));

async function message(): Promise<void> {
  session.receive(whole);
  await answered;
  session.receive(after);
}

bench('one message', message);
bench('its packets alone', () => {
  const decoder = new FrameDecoder();
  decoder.push(whole);
  while (decoder.pull() !== undefined);
});
await run();

const rounds = 200_000;
verdicts = 0;
const start = performance.now();
for (let round = 0; round < rounds; round++) await message();
const seconds = (performance.now() - start) / 1000;
if (verdicts !== rounds) throw new Error(`${verdicts} verdicts for ${rounds} messages`);
const rate = Math.round(rounds / seconds);
console.log(`${rate} messages/s, ${rate * (packets.length + 2)} packets/s`);
