import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Found, find, findingsOf, mapFiles, noProofs, plain, proofs } from './support.ts';

const limit = { timeout: 60_000 };

const names = (found: Found, wanted: RegExp) => Object.keys(found).filter((name) => wanted.test(name));

test('mid: senders of the map, and names of all symbols', limit, async (t) => {
  const path = mapFiles(t, { ids: 'none.com\nodd.com /^odd-\\d+$/\nbad.com /[/\n' });
  const source = `source { url = ["${path('ids')}"]; }`;
  const look = async (section: string, domain: string, id: string | undefined, symbol = 'R_DKIM_ALLOW') => {
    const text = plain('Hi.', {
      'X-Proofs': `${symbol}=${domain}:x`,
      ...(id === undefined ? {} : { 'Message-ID': id }),
    });
    const mail = { text: id === undefined ? text.replace(/^Message-ID: .*\r\n/m, '') : text };
    return names(
      await find(`${noProofs} mid { ${section} }`, mail, { sources: [proofs] }),
      /^(?:KNOWN|MISSING_MID|MID|INVALID_MSGID|X_)/,
    );
  };
  assert.deepEqual(await look(source, 'none.com', undefined), ['KNOWN_NO_MID', 'MISSING_MID_ALLOWED']);
  assert.deepEqual(await look(source, 'odd.com', 'odd-12'), [
    'INVALID_MSGID_ALLOWED',
    'KNOWN_MID',
    'MID_MISSING_BRACKETS',
  ]);
  assert.deepEqual(await look(source, 'odd.com', 'even-12'), ['INVALID_MSGID', 'MID_MISSING_BRACKETS']);
  assert.deepEqual(await look(source, 'bad.com', 'x'), ['INVALID_MSGID', 'MID_MISSING_BRACKETS'], 'no expression');
  assert.deepEqual(
    await look(source, 'qiwi.ru', undefined),
    ['MISSING_MID'],
    'what is built in does not count any more',
  );
  const renamed = `${source} symbol_known_mid = "X_MID"; symbol_known_no_mid = "X_NO_MID"; symbol_dkim_allow = "OTHER_ALLOW";
    csymbol_invalid_msgid_allowed = "X_INVALID"; csymbol_missing_mid_allowed = "X_MISSING";`;
  assert.deepEqual(await look(renamed, 'none.com', undefined, 'OTHER_ALLOW'), ['X_MISSING', 'X_NO_MID']);
  assert.deepEqual(await look(renamed, 'none.com', undefined), ['MISSING_MID']);
  assert.deepEqual(await look(renamed, 'odd.com', 'odd-1', 'OTHER_ALLOW'), [
    'MID_MISSING_BRACKETS',
    'X_INVALID',
    'X_MID',
  ]);
  const taken = `${source} symbol_invalid_msgid = "MID_MISSING_BRACKETS";`;
  assert.deepEqual(await look(taken, 'odd.com', 'odd-1'), ['INVALID_MSGID', 'INVALID_MSGID_ALLOWED', 'KNOWN_MID']);
});

test('forged_recipients: names of its symbols', limit, async () => {
  const mail = {
    text: plain('Hi.', { To: 'x@other.example' }),
    headers: { From: 'c@example.com', Rcpt: 'b@example.net' },
  };
  const look = async (section: string) => names(await find(`forged_recipients { ${section} }`, mail), /^(?:X_|FORGED)/);
  assert.deepEqual(await look(''), ['FORGED_RECIPIENTS', 'FORGED_SENDER']);
  assert.deepEqual(await look('symbol_rcpt = "X_RCPT"; symbol_sender = "X_SENDER";'), ['X_RCPT', 'X_SENDER']);
  assert.deepEqual(await look('enabled = false;'), []);
});

test('what cannot be used is told', limit, async () => {
  assert.deepEqual(await findingsOf('mid { url = "x"; }\nforged_recipients { symbol_rcpts = "X"; }'), [
    '3: warning: unknown option symbol_rcpts in section forged_recipients has no effect (did you mean symbol_rcpt?)',
    '2: warning: unknown option url in section mid has no effect',
  ]);
});
