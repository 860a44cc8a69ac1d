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

function packet(command: string, payload = ''): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeUInt32BE(payload.length + 1);
  bytes.write(command + payload, 4, 'latin1');
  return bytes;
}

const headers: ReadonlyArray<readonly [string, string]> = [
  ['Received', 'from origin.example.net by relay.example.net; Fri, 02 Feb 2018 15:53:26 +0200'],
  ['From', 'Sender <sender@example.com>'],
  ['To', 'Recipient <recipient@example.org>'],
  ['Subject', 'A message like many others'],
  ['Message-ID', '<20180202155326.GfEWpxCo@example.com>'],
  ['Date', 'Fri, 02 Feb 2018 15:53:26 +0200'],
  ['MIME-Version', '1.0'],
  ['Content-Type', 'text/plain; charset=utf-8'],
];

/** Postfix sends the queue id before every packet of the message. */
const id = (stage: string): Buffer => packet('D', `${stage}i\x003156F2287B1\0`);

const packets: readonly Buffer[] = [
  packet('D', 'M{mail_addr}\0sender@example.com\0{client_addr}\x00198.51.100.7\0{client_name}\0mx.example.net\0'),
  packet('M', '<sender@example.com>\0SIZE=2500\0BODY=8BITMIME\0'),
  packet('D', 'R{rcpt_addr}\0recipient@example.org\0{rcpt_host}\0mail.example.org\0{rcpt_mailer}\0relay\0'),
  packet('R', '<recipient@example.org>\0'),
  id('T'),
  packet('T'),
  ...headers.flatMap(([name, value]) => [id('L'), packet('L', `${name}\0${value}\0`)]),
  id('N'),
  packet('N'),
  id('B'),
  packet('B', 'A line of text as it stands in a message.\r\n'.repeat(50)),
  id('E'),
  packet('E'),
];
const transaction = Buffer.concat(packets);
/** What Postfix sends after the verdict. */
const aborts = Buffer.concat([packet('A'), packet('A')]);

const opening = Buffer.concat([
  packet('O', '\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff'),
  packet('D', 'Cj\0mta.example.org\0{daemon_name}\0mta.example.org\0v\0Postfix 3.7.11\0'),
  packet('C', 'mx.example.net\x004\x87\x07198.51.100.7\0'),
  packet('D', 'H'),
  packet('H', 'mx.example.net\0'),
]);

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
session.receive(opening);

async function message(): Promise<void> {
  session.receive(transaction);
  await answered;
  session.receive(aborts);
}

bench('one message', message);
bench('its packets alone', () => {
  const decoder = new FrameDecoder();
  decoder.push(transaction);
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
