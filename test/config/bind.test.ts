import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBindLine } from '../../src/config/bind.ts';
import { accounts } from './support.ts';

const parse = (line: string) => parseBindLine(line, accounts);

/** What a good line means, without the line itself. */
function meaning(line: string): object {
  const result = parse(line);
  if ('problem' in result) return { problem: result.problem };
  const { line: shown, ...rest } = result.ok;
  assert.equal(shown, line);
  return result.warnings.length === 0 ? rest : { ...rest, warnings: result.warnings };
}

const inet = (host: string | undefined, port: number, more: object = {}) => ({
  kind: 'inet',
  host,
  families: 'both',
  port,
  ssl: false,
  ...more,
});
const unix = (path: string, more: object = {}) => ({
  kind: 'unix',
  path,
  mode: 0o644,
  uid: undefined,
  gid: undefined,
  ssl: false,
  ...more,
});

const cases: ReadonlyArray<readonly [line: string, meaning: object]> = [
  ['localhost:11332', inet('localhost', 11332)],
  ['localhost', inet('localhost', 11333)],
  ['127.0.0.1:0', inet('127.0.0.1', 0)],
  [':11332', inet('localhost', 11332)],
  ['', inet('localhost', 11333)],
  ['*', inet(undefined, 11333)],
  ['*:11332', inet(undefined, 11332)],
  ['*v4:11332', inet(undefined, 11332, { families: 4 })],
  ['*V6', inet(undefined, 11333, { families: 6 })],
  ['[::1]', inet('::1', 11333)],
  ['[2001:db8::5]:25', inet('2001:db8::5', 25)],
  ['localhost:11332 ssl', inet('localhost', 11332, { ssl: true })],
  ['*:11332 SSL', inet(undefined, 11332, { ssl: true })],
  ['127.0.0.1:25:7', inet('127.0.0.1', 25, { warnings: ['the number 7 after the port has no effect on a listener'] })],
  ['/run/p.sock', unix('/run/p.sock')],
  ['./p.sock mode=0660', unix('./p.sock', { mode: 0o660 })],
  ['/p,mode=0x1b6,owner=rspamd', unix('/p', { mode: 0o666, uid: 111, gid: 222 })],
  ['/p group=mail owner=rspamd', unix('/p', { uid: 111, gid: 8 })],
  ['/p owner=rspamd group=mail', unix('/p', { uid: 111, gid: 8 })],
  ['/p MODE=0600 ssl', unix('/p', { mode: 0o600, ssl: true })],
  ['systemd:0', { kind: 'systemd', id: 0, ssl: false }],
  ['systemd:milter ssl', { kind: 'systemd', id: 'milter', ssl: true }],
  ['systemd:', { problem: 'a number or a name must follow systemd:' }],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an unset variable of UCL
  ['${ADDR}:${PORT}', { problem: 'cannot parse port: :${PORT}, at symbol $' }],
  ['host:25:x', { problem: 'cannot parse priority: :25:x, at symbol x' }],
  ['*x:25', { problem: 'a colon and the port must follow the address, not x:25' }],
  ['/p mode=0', { problem: 'bad mode: 0' }],
  ['/p group=nobody-here', { problem: 'bad group: nobody-here' }],
  [`/${'p'.repeat(107)}`, { problem: 'the path has 108 bytes, a socket takes 107 at most' }],
];

for (const [line, expected] of cases) {
  test(`bind line "${line.slice(0, 40)}"`, { timeout: 60_000 }, () => assert.deepEqual(meaning(line), expected));
}

test('IPv6 without brackets is refused with the line that was meant', { timeout: 60_000 }, () => {
  for (const [line, meant] of [
    ['::1', 'write [::1]:PORT'],
    ['2001:db8::5', 'write [2001:db8::5]:PORT'],
    ['fe80::1:11332', 'write [fe80::1]:11332'],
  ] as const) {
    const result = parse(line);
    assert.ok('problem' in result);
    assert.deepEqual([result.problem, result.hint], ['an IPv6 address needs brackets', meant]);
  }
});

test('any line gives a listener with a port in range, or a reason', { timeout: 60_000 }, () => {
  const words = fc.constantFrom(
    ':',
    '*',
    'v4',
    '[',
    ']',
    '::1',
    '/p',
    ' ',
    'ssl',
    'mode=',
    '07',
    '99999',
    'systemd:',
    'h',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 6 }), (parts) => {
      const result = parse(parts.join(''));
      if ('problem' in result) assert.notEqual(result.problem, '');
      else if (result.ok.kind === 'inet') assert.ok(result.ok.port >= 0 && result.ok.port <= 65_535);
    }),
  );
});
