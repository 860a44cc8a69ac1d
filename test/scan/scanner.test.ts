import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replyJson, Scanner, type ScanSettings, stockSettings } from '../../src/scan/index.ts';
import { decodeHeaderValue } from '../../src/scan/message/rfc2047.ts';
import { toText } from '../../src/scan/message/utf8.ts';

const now = Date.UTC(2026, 10, 22, 12, 0, 0);
const clean = [
  'From: A <a@example.org>',
  'To: b@example.net',
  'Subject: hello',
  'Message-ID: <1@example.org>',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  '',
  'Hi.',
  '',
].join('\r\n');
const gtubeLine = `${'XJS*C4JDBQADN1.NSBN3*2IDNEN*'}GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X`;

interface Reply {
  action: string;
  score: number;
  is_skipped: boolean;
  subject?: string;
  symbols: Record<string, { score: number; metric_score: number; options?: string[] }>;
  messages: Record<string, string>;
}

function scan(message: string, settings: Partial<ScanSettings> = {}): Reply {
  const scanner = new Scanner({ ...stockSettings, ...settings });
  return JSON.parse(replyJson(scanner.scan(Buffer.from(message, 'latin1'), now), scanner.settings, 'checkv2')) as Reply;
}

const without = (name: string) => clean.replace(new RegExp(`^${name}:.*\\r\\n`, 'm'), '');

test('a clean message has no symbols', () => {
  const reply = scan(clean);
  assert.deepEqual(reply.symbols, {});
  assert.equal(reply.action, 'no action');
});

test('each header check finds its fault and nothing else', () => {
  const cases: ReadonlyArray<readonly [message: string, symbols: readonly string[]]> = [
    [without('From'), ['MISSING_FROM']],
    [without('To'), ['MISSING_TO']],
    [without('Subject'), ['MISSING_SUBJECT']],
    [clean.replace('Subject: hello', 'Subject:'), ['EMPTY_SUBJECT']],
    [without('Message-ID'), ['MISSING_MID']],
    [without('Date'), ['MISSING_DATE']],
    [clean.replace(/Date:.*/, 'Date: yesterday'), ['INVALID_DATE']],
    [clean.replace(/Date:.*/, 'Date: Fri, 20 Nov 2026 11:59:00 +0000'), ['DATE_IN_PAST']],
    [clean.replace(/Date:.*/, 'Date: Sun, 22 Nov 2026 12:59:00 -0800'), ['DATE_IN_FUTURE']],
    [`Subject: again\r\n${clean}`, ['MULTIPLE_UNIQUE_HEADERS']],
    [`Content-Type: text/plain\r\n${clean}`, ['MISSING_MIME_VERSION']],
    [`MIME-Version: 1.0\r\nContent-Type: text/plain\r\n${clean}`, []],
    ['', ['COMPLETELY_EMPTY']],
  ];
  for (const [message, symbols] of cases) {
    assert.deepEqual(Object.keys(scan(message).symbols), symbols, JSON.stringify(message.slice(0, 60)));
  }
});

test('GTUBE is refused before any filter runs', () => {
  const reply = scan(`Subject: x\r\n\r\n${gtubeLine}\r\n`);
  assert.equal(reply.action, 'reject');
  assert.equal(reply.score, 15);
  assert.equal(reply.is_skipped, true);
  assert.deepEqual(Object.keys(reply.symbols), ['GTUBE']);
  assert.equal(reply.messages['smtp_message'], 'Gtube pattern');
});

test('the other GTUBE lines count with gtube_patterns = all only', () => {
  const variant = (letter: string) => `${clean}${letter}${gtubeLine.slice(1)}\r\n`;
  assert.equal(scan(variant('Y')).action, 'no action');
  assert.equal(scan(variant('Y'), { gtubePatterns: 'all' }).action, 'add header');
  assert.equal(scan(variant('Z'), { gtubePatterns: 'all' }).subject, '*** SPAM *** hello');
  assert.equal(scan(variant('X'), { gtubePatterns: 'disabled' }).action, 'no action');
});

test("weights and thresholds are the operator's", () => {
  const settings = {
    weights: new Map([['MISSING_MID', 7]]),
    thresholds: new Map([
      ['add header', 6.5],
      ['reject', null],
    ]),
  };
  const reply = scan(without('Message-ID'), settings);
  assert.equal(reply.symbols['MISSING_MID']?.score, 7);
  assert.equal(reply.action, 'add header');
});

test('a rewritten subject is encoded where it must be', () => {
  const thresholds = new Map([['rewrite subject', 0]]);
  assert.equal(scan(clean, { thresholds, subject: '[%d] 100%% %s' }).subject, '[0.00] 100% hello');
  const utf8 = clean.replace('hello', Buffer.from('grüße').toString('latin1'));
  const subject = scan(utf8, { thresholds }).subject ?? '';
  assert.equal(toText(decodeHeaderValue(subject).bytes), '*** SPAM *** grüße');
});

test('the old endpoints nest the result', () => {
  const scanner = new Scanner(stockSettings);
  const text = replyJson(scanner.scan(Buffer.from(without('Message-ID')), now), stockSettings, 'check');
  const reply = JSON.parse(text) as { default: Record<string, unknown>; 'message-id': string };
  assert.equal(reply.default['is_spam'], false);
  assert.deepEqual(reply.default['MISSING_MID'], {
    name: 'MISSING_MID',
    score: 2.5,
    description: 'There is no Message-ID header',
  });
  assert.equal(reply['message-id'], 'undef');
  assert.match(text, /"required_score":15\.0,/);
});
