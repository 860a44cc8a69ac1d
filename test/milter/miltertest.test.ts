import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createMilterServer, milterDefaults, standardActions } from '../../src/frontends/milter/index.ts';
import { ScanError } from '../../src/message/errors.ts';
import { silentLogger } from '../../src/message/log.ts';
import type { ScanReply, ScanRequest } from '../../src/message/scan.ts';
import { projectRoot } from '../support/project.ts';
import { verdict } from './support.ts';

const run = promisify(execFile);
const program = `${process.env['PATH']}:/usr/sbin`
  .split(delimiter)
  .map((folder) => join(folder, 'miltertest'))
  .find((path) => existsSync(path));
const scripts = join(projectRoot, 'fixtures/milter/miltertest');

/** The subject of a message says what the scanner has to say to it. */
async function scan({ body, headers }: ScanRequest): Promise<ScanReply> {
  const subject = /^Subject: (.*)\r$/m.exec(body.toString('latin1'))?.[1];
  switch (subject) {
    case 'accept':
      return verdict({ action: 'no action' });
    case 'reject':
      return verdict({ action: 'reject' });
    case 'soft':
      return verdict({ action: 'soft reject', messages: { smtp_message: 'Later, 50% sure' } });
    case 'discard':
      return verdict({ action: 'discard' });
    case 'quarantine':
      return verdict({ action: 'quarantine' });
    case 'one-recipient':
      return verdict({ action: headers.getAll('Rcpt').join() === '<user@example.org>' ? 'no action' : 'reject' });
    case 'edits':
      return verdict(edits, Buffer.from('New body\r\n'));
    default:
      throw new ScanError('UPSTREAM_UNREACHABLE', `nothing is known of ${subject}`);
  }
}

const edits = {
  action: 'add header',
  milter: {
    remove_headers: { 'X-Old': [1, 2] },
    add_headers: { 'X-New': 'new', 'X-Top': { value: 'top', order: 1 } },
    add_rcpt: ['added@example.org'],
    del_rcpt: ['<user@example.org>'],
    change_from: '<changed@example.org>',
  },
};

const skip = program === undefined ? 'miltertest (Debian package miltertest) is not installed' : false;

for (const script of readdirSync(scripts))
  test(`miltertest: ${script}`, { skip, timeout: 60_000 }, async (t) => {
    const options = {
      ...milterDefaults,
      quarantineMessage: 'Held',
      actions: new Map([...standardActions, ['discard', 'discard'], ['quarantine', 'quarantine']] as const),
    };
    const milter = createMilterServer(options, { scan, logger: silentLogger, now: () => performance.now() });
    const server = createServer((socket) =>
      milter.handleConnection(socket, { kind: 'inet', address: '127.0.0.1', port: 1 }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      milter.destroy();
    });
    const socket = `inet:${(server.address() as AddressInfo).port}@127.0.0.1`;
    const { stderr } = await run(program ?? '', ['-D', `socket=${socket}`, '-s', join(scripts, script)], {
      timeout: 60_000,
    });
    assert.equal(stderr, '');
  });
