import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Mta } from '../conformance/milter/mta.ts';
import { packet, verdicts } from '../conformance/milter/packets.ts';
import { proxyConfig, proxySection } from '../e2e/support.ts';
import { freePort } from '../support/free-port.ts';
import { slow } from '../support/project.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { noRspamd, startRspamd } from '../support/rspamd.ts';
import { randomFrom } from '../ucl/support.ts';
import { connected, offer, zero } from './support.ts';

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const rounds = slow ? 1000 : 80;
const patience = 30_000;
const custom = 'mycustom { flags = ["no_threshold"]; }';

/** A scanner whose next answer is set from outside; it notes the message of each request. */
async function startAnswering(t: TestContext) {
  const state = { body: '{}', offset: 0, type: 'application/json', messages: [] as string[] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const names = ['from', 'rcpt', 'ip', 'helo', 'hostname', 'queue-id', 'user', 'flags'];
      const told = names.map((name) => `${name}: ${request.headers[name]}`);
      state.messages.push(`${request.url}\n${told.join('\n')}\n${Buffer.concat(chunks).toString('latin1')}`);
      const offset = state.offset > 0 ? { 'Message-Offset': state.offset } : {};
      const body = Buffer.from(state.body, 'latin1');
      response.writeHead(200, { 'Content-Type': state.type, 'Content-Length': body.length, ...offset });
      response.end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { state, port: (server.address() as AddressInfo).port };
}

/** Everything that a milter says to one message, and what the scanner was asked. */
async function session(port: number, message: readonly Buffer[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const mta = new Mta(socket);
  try {
    mta.send(offer());
    await mta.packet(patience);
    mta.send(Buffer.concat(message));
    const said: string[] = [];
    for (;;) {
      const reply = await mta.packet(patience);
      if (reply === undefined) return [...said, 'nothing more'];
      if (reply.cmd === 'p') continue;
      said.push(`${reply.cmd} ${JSON.stringify(reply.payload.toString('latin1'))}`);
      if (verdicts.has(reply.cmd)) return said;
    }
  } finally {
    mta.destroy();
  }
}

/** A random message of an MTA. */
function transaction(random: Random): Buffer[] {
  const names = Array.from({ length: Math.floor(random() * 4) }, () =>
    pick(random, ['X-A', 'X-B', 'X-Spam', 'x-spam']),
  );
  const headers = ['Subject', ...names].map((name) => packet('L', zero(name, pick(random, ['1', 'two', '', 'a\n b']))));
  const rest = [packet('D', `M${zero('i', '4QUEUE')}`), packet('M', zero('<s@example.net>')), packet('T')];
  return [
    connected,
    packet('H', zero('helo.example')),
    ...rest,
    ...headers,
    packet('N'),
    packet('B', 'x\r\n'),
    packet('E'),
  ];
}

/**
 * A random answer of a scanner, without what is different on purpose (docs/differences.md) or was mended since Debian's
 * release: positions in arrays, values that are no texts, texts of a quarantine, signatures beside `spam_header`.
 */
function result(random: Random): string {
  const value = (): string => pick(random, ['v', 'w w', '', 'l1\n\tl2', '\xe9']);
  const order = (): unknown => pick(random, [0, 1, 2, 5, -1, -2, -3, -9, 1.7, 'x', 100]);
  const added = (): unknown =>
    pick(random, [
      value(),
      { value: value(), order: order() },
      { value: value(), index: 1 },
      [{ value: value(), order: 1 }, { value: value() }],
      5,
      { order: 1 },
      [],
    ]);
  const names = ['X-A', 'X-B', 'Subject', 'X-Spam', 'x-a'];
  const some = (make: () => unknown): object =>
    Object.fromEntries(Array.from({ length: 1 + Math.floor(random() * 3) }, () => [pick(random, names), make()]));
  const maybe = (share: number, entry: () => object): object => (random() < share ? entry() : {});
  const spamHeader = random() < 0.1;
  const milter = {
    ...maybe(0.5, () => ({ add_headers: some(added) })),
    ...maybe(0.5, () => ({ remove_headers: some(() => pick(random, [0, 1, 2, -1, -2, 5, 'x', 1.5, true, null, -9])) })),
    ...maybe(0.2, () => ({ change_from: pick(random, ['a@b', '<a@b>', 5]) })),
    ...maybe(0.2, () => ({ add_rcpt: pick(random, [['a@b', 'c@d'], 'a@b', []]) })),
    ...maybe(0.2, () => ({ del_rcpt: pick(random, [['u@example.org'], ['<u@example.org>'], 'x']) })),
    ...maybe(0.1, () => ({ reject: pick(random, ['discard', 'other', 5]) })),
    ...maybe(0.1, () => ({ no_action: pick(random, [true, false, 1]) })),
    ...(spamHeader ? { spam_header: pick(random, ['val', { 'X-Foo': 'bar', 'X-A': 'q' }, 5]) } : {}),
  };
  const actions = ['no action', 'greylist', 'add header', 'rewrite subject', 'soft reject', 'reject', 'discard'];
  return JSON.stringify({
    ...maybe(0.97, () => ({ action: pick(random, [...actions, 'mycustom', 'add_header', 'accept', 'bogus']) })),
    ...maybe(0.4, () => ({ subject: pick(random, ['new', '=?UTF-8?Q?x?=', 5, '']) })),
    ...maybe(0.3, () => ({ messages: pick(random, [{ smtp_message: 'go' }, { smtp_message: '' }, {}, []]) })),
    ...maybe(0.7, () => ({ milter })),
    ...(spamHeader ? {} : maybe(0.15, () => ({ 'dkim-signature': pick<unknown>(random, ['v=1; a', ['s1', 's2']]) }))),
  });
}

test("random answers of a scanner become the replies of Debian's proxy", {
  timeout: 600_000,
  skip: noRspamd,
}, async (t) => {
  const { state, port: scanner } = await startAnswering(t);
  const hosts = `127.0.0.1:${scanner}`;
  const actions = `actions { discard { flags = ["no_threshold"]; } ${custom} }`;
  const theirs = await startRspamd(t, { sections: `${actions}\n${proxySection('{port}', hosts)}` });
  const ourPort = await freePort();
  await startProxyProcess(t, `actions { ${custom} }\n${proxyConfig(ourPort, hosts)}`);
  const random = randomFrom(20_261_130);
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const json = result(random);
    const odd = random();
    state.type = odd < 0.05 ? pick(random, ['application/json; charset=utf-8', 'text/plain']) : 'Application/JSON';
    state.body = odd > 0.98 ? pick(random, ['garbage', '{', '[]', 'null']) : json;
    const rewritten = odd > 0.9 && odd < 0.95;
    if (rewritten) state.body += 'a new body\r\n';
    state.offset = rewritten ? json.length : 0;
    const message = transaction(random);
    const said = [await session(theirs.port, message), await session(ourPort, message)];
    assert.deepEqual(said[1], said[0], state.body);
    for (const one of said[0] ?? []) seen.add(one.charAt(0));
    const [first, second] = state.messages.splice(0);
    assert.equal(second, first);
  }
  assert.equal([...seen].sort().join(''), '+-abdehimty');
});
