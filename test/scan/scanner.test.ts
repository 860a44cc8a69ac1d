import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeaderValue } from '../../src/scan/message/rfc2047.ts';
import { toText } from '../../src/scan/message/utf8.ts';
import { clean, makeScanner, scanJson, scanText, without } from './support.ts';

const limits = { timeout: 60_000 };
const gtubeLine = `${'XJS*C4JDBQADN1.NSBN3*2IDNEN*'}GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X`;

test('each header check finds its fault and no other', limits, async () => {
  const scanner = await makeScanner();
  const usual = new Set(Object.keys((await scanText(scanner, clean)).symbols));
  const cases: ReadonlyArray<readonly [message: string, symbols: readonly string[]]> = [
    [without('Subject'), ['MISSING_SUBJECT']],
    [clean.replace('Subject: hello', 'Subject:'), ['EMPTY_SUBJECT']],
    [without('Message-ID'), ['MISSING_MID']],
    [without('Date'), ['MISSING_DATE']],
    [clean.replace(/Date:.*/, 'Date: yesterday'), ['INVALID_DATE']],
    [clean.replace(/Date:.*/, 'Date: Fri, 20 Nov 2026 11:59:00 +0000'), ['DATE_IN_PAST']],
    [clean.replace(/Date:.*/, 'Date: Sun, 22 Nov 2026 12:59:00 -0800'), ['DATE_IN_FUTURE']],
    [`Subject: again\r\n${clean}`, ['MULTIPLE_UNIQUE_HEADERS']],
    [without('User-Agent'), ['MISSING_XM_UA']],
    [clean.replace('Subject: hello', 'Subject: hello!'), ['SUBJECT_ENDS_EXCLAIM']],
    [clean.replace('Subject: hello', 'Subject: HELLO'), ['SUBJ_ALL_CAPS']],
    [clean.replace('b@example.net', 'b@example.net, c@example.net').replace('a@', 'a@'), ['RCPT_COUNT_TWO']],
    [clean.replace('From: A', 'From: Mr. A'), ['FROM_NAME_HAS_TITLE']],
    [`Reply-To: x@example.com\r\n${clean}`, ['HAS_REPLYTO', 'REPLYTO_DOM_NEQ_FROM_DOM', 'REPLYTO_DOM_NEQ_TO_DOM']],
  ];
  for (const [message, symbols] of cases) {
    const found = Object.keys((await scanText(scanner, message)).symbols).filter((name) => !usual.has(name));
    assert.deepEqual(found.sort(), [...symbols].sort(), JSON.stringify(message.slice(0, 60)));
  }
});

test('a message of no bytes has what connections have, and nothing else', limits, async () => {
  const reply = await scanText(await makeScanner(), '');
  assert.equal(reply.symbols['COMPLETELY_EMPTY']?.score, 15);
  assert.equal(reply.action, 'reject');
  assert.equal('message-id' in reply, false);
  assert.equal('MISSING_FROM' in reply.symbols, false);
});

test('GTUBE is refused before any other rule runs', limits, async () => {
  const reply = await scanText(await makeScanner(), `Subject: x\r\n\r\n${gtubeLine}\r\n`);
  assert.equal(reply.action, 'reject');
  assert.equal(reply.score, 15);
  assert.equal(reply.is_skipped, true);
  assert.deepEqual(Object.keys(reply.symbols), ['GTUBE']);
  assert.equal(reply.messages['smtp_message'], 'Gtube pattern');
  assert.equal(reply.passthrough_module, 'GTUBE');
  assert.equal(reply.milter, undefined);
});

test('the other GTUBE lines count with gtube_patterns = all only', limits, async () => {
  const variant = (letter: string) => `${clean}${letter}${gtubeLine.slice(1)}\r\n`;
  const with_ = (patterns: string) =>
    makeScanner(
      `actions { reject = 15; add_header = 6; rewrite_subject = 5; } options { gtube_patterns = "${patterns}"; }`,
    );
  const [usual, all, off] = await Promise.all([with_('reject'), with_('all'), with_('disabled')]);
  assert.equal((await scanText(usual, variant('Y'))).action, 'no action');
  assert.equal((await scanText(all, variant('Y'))).action, 'add header');
  assert.equal((await scanText(all, variant('Z'))).subject, '*** SPAM *** hello');
  assert.equal((await scanText(off, variant('X'))).action, 'no action');
});

test('a rewritten subject is encoded where it must be', limits, async () => {
  const scanner = await makeScanner('actions { rewrite_subject = -9; subject = "[%d] 100%% %s"; }');
  assert.match((await scanText(scanner, clean)).subject ?? '', /^\[-?\d+\.\d\d\] 100% hello$/);
  const utf8 = clean.replace('hello', Buffer.from('grüße').toString('latin1'));
  const plain = await makeScanner('actions { rewrite_subject = -9; }');
  const subject = (await scanText(plain, utf8)).subject ?? '';
  assert.equal(toText(decodeHeaderValue(subject).bytes), '*** SPAM *** grüße');
});

test('the old endpoints nest the result', limits, async () => {
  const text = await scanJson(await makeScanner(), without('Message-ID'), 'old');
  const reply = JSON.parse(text) as { default: Record<string, unknown>; 'message-id': string };
  assert.equal(reply.default['is_spam'], reply.default['action'] !== 'no action');
  assert.deepEqual(reply.default['MISSING_MID'], {
    name: 'MISSING_MID',
    score: 2.5,
    description: 'There is no Message-ID header',
  });
  assert.equal(reply['message-id'], 'undef');
  assert.match(text, /"required_score":15\.0,/);
});

test('what the request does not tell of the sender stands in Return-Path', limits, async () => {
  const scanner = await makeScanner();
  const message = `Return-Path: <nobody>\r\nReturn-Path: <bounce@example.com>\r\n${clean}`;
  const without = await scanText(scanner, message);
  assert.deepEqual(without.symbols['FROM_NEQ_ENVFROM']?.options, ['a@example.org', 'bounce@example.com']);
  const told = await scanText(scanner, message, { headers: [['From', 'a@example.org']] });
  assert.ok(told.symbols['FROM_EQ_ENVFROM'] !== undefined);
});

test('texts that are files, texts of late types', limits, async () => {
  const scanner = await makeScanner();
  const mixture = (disposition: string): string =>
    clean.replace(
      '\r\n\r\nHi.',
      `\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/enriched\r\n\r\nHi.\r\n--b\r\nContent-Type: text/plain\r\n${disposition}\r\nname\r\n--b--`,
    );
  const plain = await scanText(scanner, mixture(''));
  assert.deepEqual(plain.symbols['MIME_GOOD']?.options, ['multipart/mixed', 'text/enriched', 'text/plain']);
  assert.ok(plain.symbols['CTYPE_MIXED_BOGUS'] !== undefined);
  const named = await scanText(scanner, mixture('Content-Disposition: inline; filename=notes.txt\r\n'));
  assert.equal(named.symbols['CTYPE_MIXED_BOGUS'], undefined);
});

test('the topmost hop names the client only with its address', limits, async () => {
  const scanner = await makeScanner();
  const from = (address: string): string =>
    `Received: from relay.example (${address}) by mx.example with ESMTP; Sun, 22 Nov 2026 11:59:00 +0000\r\n${clean}`;
  const named = await scanText(scanner, from('relay.example [192.0.2.1]'));
  assert.equal(named.symbols['HFILTER_HOSTNAME_UNKNOWN'], undefined);
  const unknown = await scanText(scanner, from('::1'));
  assert.ok(unknown.symbols['HFILTER_HOSTNAME_UNKNOWN'] !== undefined);
});
