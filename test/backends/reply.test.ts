import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpstreamReply } from '../../src/backends/upstream/reply.ts';
import { Headers } from '../../src/message/headers.ts';
import type { ScanReply } from '../../src/message/scan.ts';

const json = { 'Content-Type': 'application/json' };

function read(body: string | Buffer, headers: Readonly<Record<string, string>> = json, status = 200): ScanReply {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return new UpstreamReply({ status, reason: 'OK', headers: new Headers(Object.entries(headers).flat()), body: bytes });
}

test('a verdict is read from JSON, whatever the status', () => {
  const reply = read('{"action":"add header","score":7.5,"x":"é€"}', { 'content-type': 'Application/JSON' }, 404);
  assert.deepEqual(reply.result, { action: 'add header', score: 7.5, x: 'é€' });
  assert.equal(reply.encoding, 'utf8');
  assert.equal(reply.rewritten, undefined);
  assert.equal(reply.result, reply.result, 'it is read once');
});

test('what is no verdict is a reply without result, unchanged', () => {
  const noVerdict: ReadonlyArray<readonly [body: string, headers: Record<string, string>]> = [
    ['{"action":"reject"}', { 'Content-Type': 'application/json; charset=utf-8' }],
    ['{"action":"reject"}', { 'Content-Type': 'text/plain' }],
    ['{"action":"reject"}', { 'Content-Type': 'application/msgpack' }],
    ['{"action":"reject"}', {}],
    ['{"error":"x","error_domain":"task-error"}', json],
    ['{"action":5}', json],
    ['["action"]', json],
    ['null', json],
    ['', json],
    ['pong\r\n', json],
  ];
  for (const [body, headers] of noVerdict) {
    const reply = read(body, headers);
    assert.equal(reply.result, undefined, body);
    assert.equal(reply.body.toString(), body);
  }
});

test('a verdict in relaxed syntax is understood, without its macros', () => {
  const reply = read('action = "reject"; score = 5 # comment\nsymbols { A { options [x, "\u00e9"] } }\n');
  assert.deepEqual(reply.result, { action: 'reject', score: 5, symbols: { A: { options: ['x', '\xc3\xa9'] } } });
  assert.equal(reply.encoding, 'latin1');
  const including = read('action = reject; .include "/etc/hostname"\n');
  assert.ok(including.result === undefined || Object.keys(including.result).length <= 2);
  assert.equal(read('{"action":"reject","action":').result, undefined);
  assert.equal(read('action = a; action = b;').result, undefined);
});

test('the bytes of texts can be had back, in UTF-8 and outside of it', () => {
  const bytes = (reply: ScanReply): string =>
    Buffer.from(String(reply.result?.['x']), reply.encoding).toString('latin1');
  assert.equal(bytes(read('{"action":"a","x":"é"}')), '\xc3\xa9');
  assert.equal(bytes(read('{"action":"a","x":"\\u00e9"}')), '\xc3\xa9');
  const raw = (text: string): ScanReply => read(Buffer.from(`{"action":"a","x":"${text}"}`, 'latin1'));
  assert.equal(bytes(raw('\xe9')), '\xe9');
  assert.equal(bytes(raw('\xe9\\u00e9\\ud83d\\ude00\\u0041')), '\xe9\xc3\xa9\xf0\x9f\x98\x80A');
  assert.equal(bytes(raw('\xe9\\\\u00e9 \\"\\n')), '\xe9\\u00e9 "\n');
});

test('Message-Offset splits the body into verdict and new message', () => {
  const verdict = '{"action":"no action"}';
  const at = (offset: string): ScanReply => read(`${verdict}new message`, { ...json, 'Message-Offset': offset });
  const split = at(` ${verdict.length}`);
  assert.equal(split.result?.action, 'no action');
  assert.equal(split.rewritten?.toString(), 'new message');
  assert.equal(split.body.toString(), `${verdict}new message`, 'an HTTP client gets both');
  assert.equal(split.headers.get('Message-Offset'), ` ${verdict.length}`);
  for (const ignored of ['x', '-1', '1e1', '', String(verdict.length + 11), '99999999999999999999']) {
    const whole = read(verdict, { ...json, 'Message-Offset': ignored });
    assert.equal(whole.result?.action, 'no action', ignored);
    assert.equal(whole.rewritten, undefined);
  }
  assert.equal(at('0').result, undefined);
  assert.equal(at('5').result, undefined);
});

test('a hostile body is refused or harmless', () => {
  const deep = `{"action":"a","x":${'['.repeat(100_000)}`;
  assert.equal(read(deep).result, undefined);
  const proto = read('{"action":"reject","__proto__":{"polluted":1}}').result;
  assert.equal(proto?.action, 'reject');
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('headers of the connection are taken off, all others stay in order', () => {
  const { headers } = new UpstreamReply({
    status: 200,
    reason: '',
    headers: new Headers([
      'X-A',
      '1',
      'connection',
      'close',
      'Keep-Alive',
      'x',
      'Server',
      's',
      'KEY',
      'k',
      'Date',
      'd',
      'x-a',
      '2',
    ]),
    body: Buffer.alloc(0),
  });
  assert.deepEqual(headers.flat, ['X-A', '1', 'Date', 'd', 'x-a', '2']);
});
