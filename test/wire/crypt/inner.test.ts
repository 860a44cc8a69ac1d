import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CryptError, parseReply, parseRequest } from '../../../src/wire/crypt/index.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { fuzz, mutate } from '../support/fuzz.ts';

const request = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

const refused = (text: RegExp) => (error: unknown) =>
  error instanceof CryptError && error.kind === 'inner' && text.test(error.message);

test('a request as Rspamd writes it', () => {
  const parsed = parseRequest(
    request('POST /checkv2?a=b HTTP/1.0', 'Content-Length: 5', 'Rcpt: a@b', 'rcpt:\t c@d ', 'X:', '', 'hello'),
  );
  assert.equal(parsed.method, 'POST');
  assert.equal(parsed.target, '/checkv2?a=b');
  assert.deepEqual(parsed.headers.getAll('Rcpt'), ['a@b', 'c@d']);
  assert.equal(parsed.headers.get('x'), '');
  assert.equal(parsed.body.toString(), 'hello');
});

test('a request without body, and one whose body is shorter than announced', () => {
  assert.equal(parseRequest(request('GET /ping HTTP/1.0', '', '')).body.length, 0);
  assert.equal(parseRequest(request('POST / HTTP/1.1', 'Content-Length: 9', '', 'hello')).body.toString(), 'hello');
  assert.equal(parseRequest(request('POST / HTTP/1.1', 'Content-Length: 9', '', '')).body.length, 0);
});

test('values keep their bytes', () => {
  const parsed = parseRequest(request('GET /\xff\xa0 HTTP/1.0', 'Subject:  \xc3\xa0 \t', 'A:\xa0', '', ''));
  assert.equal(parsed.target, '/\xff\xa0');
  assert.equal(parsed.headers.get('Subject'), '\xc3\xa0');
  assert.equal(parsed.headers.get('A'), '\xa0');
});

test('long runs of blanks take no time', { timeout: 60_000 }, () => {
  const began = cpuTime();
  const blanks = ' '.repeat(80_000);
  assert.equal(parseRequest(request('GET / HTTP/1.0', `A:${blanks}b`, '', '')).headers.get('A'), 'b');
  assert.equal(parseRequest(request('GET / HTTP/1.0', `A:b${blanks}`, '', '')).headers.get('A'), 'b');
  assert.throws(() => parseRequest(request('GET / HTTP/1.0', `A:${blanks}\x01`, '', '')), refused(/bad header line/));
  assert.ok(cpuTime() - began < 5_000);
});

test('a reply with and without reason', () => {
  const reply = parseReply(request('HTTP/1.1 500 invalid command', 'Content-Length: 2', '', 'no'));
  assert.deepEqual([reply.status, reply.reason, reply.body.toString()], [500, 'invalid command', 'no']);
  assert.equal(parseReply(request('HTTP/1.0 204', '', '')).reason, '');
  assert.equal(parseReply(request('HTTP/1.1 200 ', '', '')).reason, '');
});

const badRequests: ReadonlyArray<readonly [why: RegExp, bytes: Buffer]> = [
  [/no end of the headers/, Buffer.alloc(0)],
  [/no end of the headers/, request('POST / HTTP/1.0', 'A: b', '')],
  [/no end of the headers/, Buffer.from('POST / HTTP/1.0\nContent-Length: 1\n\nx')],
  [/no end of the headers within 81920/, request('GET / HTTP/1.0', `A: ${'x'.repeat(82_000)}`, '', '')],
  [/bad header line/, request('', 'POST / HTTP/1.0', '', '')],
  [/bad request line/, request('POST /', '', '')],
  [/bad request line/, request('POST  / HTTP/1.0', '', '')],
  [/bad request line/, request('POST / / HTTP/1.0', '', '')],
  [/bad request line/, request('post / HTTP/1.0', '', '')],
  [/bad request line/, request('POST / HTTP/2.0', '', '')],
  [/bad request line/, request('POST ?x HTTP/1.0', '', '')],
  [/bad request line/, request('HTTP/1.1 200 OK', '', '')],
  [/control character in the start line/, request('POST /\x01 HTTP/1.0', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'no colon', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'A : b', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', ': b', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'A: b', ' folded', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'A: b\nC: d', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'A: b\0', '', '')],
  [/bad header line/, request('POST / HTTP/1.0', 'A: b\rC: d', '', '')],
  [/a body without Content-Length/, request('POST / HTTP/1.0', '', 'x')],
  [/longer than Content-Length/, request('POST / HTTP/1.0', 'Content-Length: 1', '', 'xy')],
  [/bad Content-Length/, request('POST / HTTP/1.0', 'Content-Length: 1', 'Content-Length: 2', '', 'x')],
  [/bad Content-Length/, request('POST / HTTP/1.0', 'Content-Length: -1', '', 'x')],
  [/bad Content-Length/, request('POST / HTTP/1.0', 'Content-Length: 1x', '', 'x')],
  [/bad Content-Length/, request('POST / HTTP/1.0', 'Content-Length:', '', 'x')],
  [/bad Content-Length/, request('POST / HTTP/1.0', `Content-Length: ${'9'.repeat(30)}`, '', 'x')],
  [/Transfer-Encoding/, request('POST / HTTP/1.0', 'Transfer-Encoding: chunked', '', '1\r\nx\r\n0\r\n\r\n')],
];

for (const [why, bytes] of badRequests) {
  test(`refused: ${JSON.stringify(bytes.toString('latin1').slice(0, 70))}`, () => {
    assert.throws(() => parseRequest(bytes), refused(why));
  });
}

test('refused: status lines', () => {
  for (const line of ['HTTP/1.1 20 OK', 'HTTP/1.1 2000', 'HTTP/1.1 200OK', 'HTTP/3 200 OK', 'POST / HTTP/1.0', '']) {
    assert.throws(() => parseReply(request(line, '', '')), refused(/status line/), line);
  }
});

test('whatever is done to a message, it parses or is refused', { timeout: 60_000 }, () => {
  const seed = request('POST /checkv2 HTTP/1.0', 'Content-Length: 5', 'Rcpt: a@b', 'From: <x@y>', '', 'hello');
  const taken = fuzz(100, (random) => {
    const { headers } = parseRequest(mutate(seed, random));
    for (const [name, value] of headers) assert.ok(!/[\r\n\0]/.test(name + value));
  });
  assert.ok(taken > 0);
});
