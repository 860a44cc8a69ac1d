import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalBody, canonicalField, withoutValue } from '../../../src/scan/native/dkim/canonical.ts';
import { dkimRule, readSignature } from '../../../src/scan/native/dkim/index.ts';
import { readKey } from '../../../src/scan/native/dkim/key.ts';
import { startDns } from './rig.ts';

const timeout = 60_000;
const clock = { now: 1_700_000_000, jitter: 3600 };
const hash = Buffer.alloc(32).toString('base64');
const full = `v=1; a=rsa-sha256; d=example.org; s=sel; h=From:To; bh=${hash}; b=QUJD`;

test('the examples of RFC 6376, 3.4.5', { timeout }, () => {
  const [a, b] = ['A: X\r\n', 'B : Y\t\r\n\tZ  \r\n'];
  const body = ' C \r\nD \t E\r\n\r\n\r\n';
  assert.equal(canonicalField(a, 'relaxed'), 'a:X');
  assert.equal(canonicalField(b, 'relaxed'), 'b:Y Z');
  assert.equal(canonicalField(a, 'simple'), 'A: X');
  assert.equal(canonicalField(b, 'simple'), 'B : Y\t\r\n\tZ  ');
  assert.equal(canonicalBody(body, 'relaxed').text, ' C\r\nD E\r\n');
  assert.equal(canonicalBody(body, 'simple').text, ' C \r\nD \t E\r\n');
  for (const empty of ['', '\r\n', '\r\n\r\n']) {
    assert.equal(canonicalBody(empty, 'simple').text, '\r\n');
    assert.equal(canonicalBody(empty, 'relaxed').text, '');
  }
  assert.equal(canonicalBody('a\nb\rc', 'simple').text, 'a\r\nb\r\nc');
  assert.equal(canonicalBody(' \t \r\n ', 'relaxed').text, '');
  assert.equal(withoutValue('DKIM-Signature: v=1; b=AB\r\n\tCD; bh=x'), 'DKIM-Signature: v=1; b=; bh=x');
});

test('blanks by the million are no burden', { timeout }, () => {
  const started = performance.now();
  for (const body of [' '.repeat(4e6), ' \t'.repeat(2e6), ' x'.repeat(2e6), '\n'.repeat(4e6), ' \r'.repeat(2e6)])
    canonicalBody(`${body}x`, 'relaxed');
  assert.ok(performance.now() - started < 30_000);
});

test('signatures that are read, and those that are passed over', { timeout }, () => {
  const read = readSignature('dkim', ` ${full} ; `, clock).signature;
  assert.deepEqual(read?.fields, ['from', 'to']);
  assert.equal(read?.headerCanon, 'simple');
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    [full.replace('v=1', 'v=2'), /version/],
    [full.replace('v=1; ', ''), /v parameter/],
    [full.replace('rsa-sha256', 'rsa-md5'), /algorithm/],
    [full.replace('From:', ''), /header list/],
    [full.replace('d=example.org; ', ''), /d parameter/],
    [full.replace(hash, 'AAAA'), /incorrect length/],
    [`${full}; c=odd`, /canonization/],
    [`${full}; x=1600000000`, /expired/],
    [`${full}; t=1800000000`, /future/],
    [`${full}; l=-1`, /body length/],
    [`${full};; q=dns`, /tag list/],
    [`${full}; q=; z=`, /tag list/],
    [`${full}; nonsense ; z=1`, /tag list/],
    ['', /parameter missing/],
    [full.replace('From:To', `From${':x'.repeat(1500)}`), /header list/],
  ];
  for (const [text, problem] of wrong) assert.match(readSignature('dkim', text, clock).problem ?? '', problem, text);
});

test('keys', { timeout }, () => {
  const outcome = (record: string): unknown => {
    const found = readKey(record);
    return found.key === undefined ? found.reason : found.key.kind;
  };
  const ed = Buffer.alloc(32, 7).toString('base64');
  assert.equal(outcome(`v=DKIM1; k=ed25519; p=${ed}`), 'ed25519');
  assert.equal(outcome(`k=ed25519 ; p = ${ed.slice(0, 20)} ${ed.slice(20)}`), 'ed25519');
  assert.equal(outcome('v=DKIM1; p='), 'key revoked');
  assert.equal(outcome('v=DKIM1; k=rsa'), 'key revoked');
  assert.equal(outcome(`v=DKIM1; k=dsa; p=${ed}`), 'unknown key type');
  assert.equal(outcome(`p=${ed}`), 'invalid DKIM record');
  assert.equal(outcome('p=!!!'), 'invalid DKIM record');
  assert.equal(outcome(`p=${'A'.repeat(5000)}`), 'invalid DKIM record');
  assert.equal(outcome(`k=ed25519; p=${Buffer.alloc(31).toString('base64')}`), 'invalid DKIM record');
});

test('only so many signatures are looked at, each once', { timeout }, async (t) => {
  const { scan, server } = await startDns(t, { 'sel._domainkey.broken.test': { failure: 'SERVFAIL' } });
  const field = (domain: string): string => `DKIM-Signature: ${full.replace('example.org', domain)}\r\n`;
  const fields = ['broken.test', 'one.test', 'two.test'].map(field).join('');
  const message = `${fields}${field('more.test').repeat(100)}From: a@b.test\r\n\r\nx`;
  const symbols = await scan({ message, receivedAt: clock.now * 1000 }, dkimRule());
  assert.deepEqual(symbols, {
    DKIM_TRACE: ['broken.test:?', 'one.test:~', 'two.test:~', 'more.test:~'],
    R_DKIM_TEMPFAIL: ['broken.test:s=sel'],
    R_DKIM_PERMFAIL: ['one.test:s=sel', 'two.test:s=sel', 'more.test:s=sel'],
  });
  assert.equal(server.count('sel._domainkey.more.test', 'TXT'), 1);
});
