import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { frontEnd, type ProxyUnderTest } from '../conformance/milter/proxy-under-test.ts';
import type { ScannerDouble } from '../conformance/milter/scanner-double.ts';
import { readSession, type Session, sessionNames } from '../conformance/milter/session-file.ts';
import { wholeProxy } from '../conformance/milter/whole-proxy.ts';
import { milterSuite, runSession } from '../conformance/milter.ts';
import { sharedFolder } from '../support/project.ts';
import { fixtureFiles, folder } from './fixtures/files.ts';

const timeout = 60_000;

test('the files in fixtures/milter are what their sources say', () => {
  const files = fixtureFiles();
  for (const [name, content] of files) assert.equal(readFileSync(join(folder, name), 'utf8'), content, name);
  assert.deepEqual(
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort(),
    [...files.keys()].sort(),
  );
});

async function failures(where: string, proxy: ProxyUnderTest): Promise<string[]> {
  const failed: string[] = [];
  await milterSuite('milter', proxy).run(where, {
    pass: () => {},
    fail: (name, why) => failed.push(`${name}: ${why}`),
    skip: (name, why) => failed.push(`${name} skipped: ${why}`),
    note: () => {},
    figure: () => {},
  });
  return failed;
}

const corpus = join(sharedFolder ?? '', 'corpus/milter');
const skip = sharedFolder !== undefined && existsSync(corpus) ? false : 'no corpus beside the project';

for (const [what, proxy] of [
  ['the front end alone', frontEnd],
  ['a whole worker', wholeProxy],
] as const) {
  test(`our own sessions, ${what}`, { timeout }, async () => assert.deepEqual(await failures(folder, proxy), []));
  test(`the recorded sessions, ${what}`, { timeout, skip }, async () =>
    assert.deepEqual(await failures(corpus, proxy), []),
  );
}

/**
 * Answers as the milter of the recording did, whatever is asked: the scanner is asked at the end of each message.
 *
 * @param patience short where it is known to be used up
 */
function playback(session: Session, patience: number): ProxyUnderTest {
  return {
    scope: 'front end',
    patience,
    async start(_, scanner) {
      const server = createServer((socket) => play(session, scanner, socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return {
        async connect() {
          const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
          await once(socket, 'connect');
          return socket;
        },
        async stop() {
          server.close();
        },
      };
    },
  };
}

function play({ entries, exchanges }: Session, scanner: ScannerDouble, socket: Socket): void {
  const requests = exchanges.keys();
  let at = 0;
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let entry = entries[at]; entry !== undefined; entry = entries[++at]) {
      if (entry.dir === 'mta') {
        if (bytes.length < entry.bytes.length) return;
        bytes = bytes.subarray(entry.bytes.length);
        const request = entry.cmd === 'E' || entry.cmd === 'Q' ? requests.next().value : undefined;
        const expected = request === undefined ? undefined : scanner.expected(request);
        if (expected !== undefined) scanner.answer(expected);
      } else if (entry.cmd === 'close') socket.end();
      else socket.write(entry.bytes);
    }
  });
}

/** Closing is a right answer to an old version, too. */
const fine = new Set(['optneg_version_2']);

for (const [where, reason] of [
  [folder, false],
  [corpus, skip],
] as const)
  for (const name of reason === false ? sessionNames(where) : []) {
    const session = readSession(where, name);
    if (session.conformance !== 'defect' || fine.has(name)) continue;
    test(`a milter that answers as the original did fails ${name}`, { timeout }, async () => {
      assert.notDeepEqual(await runSession(playback(session, 200), () => session), []);
    });
  }

test('a milter that answers as recorded passes where the recording is right', { timeout }, async () => {
  for (const name of sessionNames(folder)) {
    const session = readSession(folder, name);
    if (session.conformance !== 'match') continue;
    assert.deepEqual(await runSession(playback(session, 20_000), () => session), [], name);
  }
});
