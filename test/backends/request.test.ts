import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RequestRules, RequestWriter } from '../../src/backends/upstream/index.ts';
import { Headers } from '../../src/message/headers.ts';
import type { ScanRequest } from '../../src/message/scan.ts';
import { sharedFolder } from '../support/project.ts';
import { scanRequest } from '../support/requests.ts';

const stock: RequestRules = { extraHeaders: [], logTag: 'session', userAgent: 'rspamd-4.1.6' };

/** `name: value` of each field, sorted by name. */
function written(rules: Partial<RequestRules>, request: Partial<ScanRequest>): string[] {
  const fields = new RequestWriter({ ...stock, ...rules }).fields(scanRequest(request));
  return [...new Headers(fields)].map(([name, value]) => `${name}: ${value}`);
}

test('Log-Tag, IP and User-Agent are added as Rspamd adds them', () => {
  assert.deepEqual(written({}, {}), ['User-Agent: rspamd-4.1.6', 'Log-Tag: 0123456789abcdef', 'IP: 192.0.2.7:4711']);
  const headers = new Headers(['ip', 'x', 'IP', 'y', 'user-agent', 'mine', 'Log-Tag', 'theirs', 'Queue-Id', 'Q1']);
  assert.deepEqual(written({}, { headers }), [
    'user-agent: mine',
    'Log-Tag: theirs',
    'Queue-Id: Q1',
    'Log-Tag: 0123456789abcdef',
    'IP: x',
  ]);
  assert.ok(written({ logTag: 'queue_id' }, { headers }).includes('Log-Tag: Q1'));
  assert.ok(written({ logTag: 'queue_id' }, {}).includes('Log-Tag: 0123456789abcdef'));
  assert.ok(!written({ logTag: 'none' }, {}).some((line) => line.startsWith('Log-Tag')));
  assert.ok(!written({ userAgent: '' }, {}).some((line) => line.startsWith('User-Agent')));
  const v6 = { kind: 'inet', address: '2001:db8::7', port: 25 } as const;
  assert.ok(written({}, { peer: v6 }).includes('IP: [2001:db8::7]:25'));
});

test('settings_id and extra_headers replace what the client says', () => {
  const headers = Headers.of(
    ['settings-id', 'a'],
    ['X-Extra', '1'],
    ['x-extra', '2'],
    ['User-Agent', 'x'],
    ['Rcpt', 'r'],
  );
  const rules: Partial<RequestRules> = {
    settingsId: 'ours',
    extraHeaders: [
      ['X-Extra', 'e'],
      ['user-agent', 'u'],
      ['Host', 'no'],
      ['content-length', '0'],
      ['Transfer-Encoding', 'chunked'],
    ],
  };
  assert.deepEqual(written(rules, { headers }), [
    'Rcpt: r',
    'Settings-ID: ours',
    'X-Extra: e',
    'user-agent: u',
    'Log-Tag: 0123456789abcdef',
    'IP: 192.0.2.7:4711',
  ]);
});

test('a request of a milter session has a Content-Type, and an IP only if the MTA named one', () => {
  assert.deepEqual(written({}, { transport: 'milter' }), [
    'User-Agent: rspamd-4.1.6',
    'Content-Type: text/plain',
    'Log-Tag: 0123456789abcdef',
  ]);
  const headers = Headers.of(['IP', '198.51.100.7:34567']);
  assert.ok(written({}, { transport: 'milter', headers }).includes('IP: 198.51.100.7:34567'));
});

test('no value can begin a header of its own, and framing is never copied', () => {
  const headers = Headers.of(
    ['From', '<a@b>\r\nX-Evil: 1\n\n'],
    ['IP', '1.2.3.4\r\nX: y'],
    ['Queue-ID', 'q\0\r\nx'],
    ['Host', 'h'],
    ['Content-Length', '1'],
    ['TRANSFER-ENCODING', 'chunked'],
    ['Connection', 'x'],
    ['Expect', '100-continue'],
    ['Upgrade', 'x'],
  );
  assert.deepEqual(written({ logTag: 'queue_id' }, { headers }), [
    'From: <a@b> X-Evil: 1 ',
    'Queue-ID: q x',
    'User-Agent: rspamd-4.1.6',
    'Log-Tag: q x',
    'IP: 1.2.3.4 X: y',
  ]);
});

const corpus = sharedFolder === undefined ? undefined : join(sharedFolder, 'corpus/milter');

test('recorded milter requests: the same header goes out, name by name', {
  skip: corpus === undefined && 'the corpora are not on this machine',
}, () => {
  let count = 0;
  for (const file of readdirSync(corpus ?? '').filter((name) => name.endsWith('.meta.json'))) {
    const meta = JSON.parse(readFileSync(join(corpus ?? '', file), 'utf8')) as { http: Array<{ request_hex: string }> };
    for (const { request_hex } of meta.http) {
      const recorded = recordedFields(request_hex);
      const headers = new Headers(recorded).delete('Content-Type', 'Log-Tag');
      if (headers.get('User-Agent') === 'rspamd-4.1.6') headers.delete('User-Agent');
      const tag = recorded[recorded.indexOf('Log-Tag') + 1] ?? '';
      const lines = written({}, { transport: 'milter', headers, sessionId: tag });
      assert.deepEqual(lines.sort(), [...new Headers(recorded)].map(([n, v]) => `${n}: ${v}`).sort(), file);
      count++;
    }
  }
  assert.ok(count > 20, `${count} requests`);
});

/** All but Host, Connection and Content-Length. */
function recordedFields(hex: string): string[] {
  const text = Buffer.from(hex, 'hex').toString('latin1');
  const [, ...lines] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const fields = lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  return [...new Headers(fields).delete('Host', 'Connection', 'Content-Length').flat];
}
