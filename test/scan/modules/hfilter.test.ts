import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, findingsOf, type Mail, plain } from './support.ts';

const limit = { timeout: 60_000 };

const mail: Mail = {
  text: plain('http://example.org/a', { 'Message-ID': '<1@nowhere.example>' }),
  headers: {
    IP: '192.0.2.7',
    Helo: 'dhcp-1.example.org',
    Hostname: 'pool-1.example.net',
    From: 'postmaster@none.example',
    Rcpt: 'b@x.org',
  },
};

const names = async (section: string, message = mail) =>
  Object.keys(await find(`hfilter { ${section} }`, message))
    .filter((name) => name.startsWith('HFILTER_'))
    .map((name) => name.slice('HFILTER_'.length));

test('each switch has its symbols', limit, async () => {
  const all = ['FROMHOST_NORES_A_OR_MX', 'HELO_5', 'URL_ONLY'];
  assert.deepEqual(await names(''), all);
  assert.deepEqual(await names('url_enabled = false;'), ['FROMHOST_NORES_A_OR_MX', 'HELO_5']);
  assert.deepEqual(await names('from_enabled = false; url_enabled = no;'), ['HELO_5']);
  assert.deepEqual(await names('helo_enabled = false; url_enabled = false;'), ['FROMHOST_NORES_A_OR_MX', 'HOSTNAME_4']);
  assert.deepEqual(await names('helo_enabled = false; hostname_enabled = false; url_enabled = false;'), [
    'FROMHOST_NORES_A_OR_MX',
  ]);
  assert.deepEqual(await names('mid_enabled = true; url_enabled = false;'), [
    'FROMHOST_NORES_A_OR_MX',
    'HELO_5',
    'MID_NORES_A_OR_MX',
  ]);
  const local: Mail = { ...mail, text: plain('Hi.', { 'Message-ID': '<1@a.local>' }) };
  assert.deepEqual(await names('mid_enabled = true;', local), ['FROMHOST_NORES_A_OR_MX', 'HELO_5']);
});

test('recipients of a bounce', limit, async () => {
  const bounce: Mail = {
    ...mail,
    text: plain('Hi there, you.', { To: 'a@x.org, b@x.org' }),
    headers: { ...mail.headers, Rcpt: '' },
  };
  assert.ok((await names('', bounce)).includes('RCPT_BOUNCEMOREONE'));
  assert.ok(!(await names('rcpt_enabled = false;', bounce)).includes('RCPT_BOUNCEMOREONE'));
});

test('which clients are looked at', limit, async () => {
  const local: Mail = { ...mail, headers: { ...mail.headers, IP: '127.0.0.1' } };
  const user: Mail = { ...mail, headers: { ...mail.headers, User: 'anna' } };
  assert.deepEqual(await names('url_enabled = false;', local), []);
  assert.ok((await names('check_local = true;', local)).includes('HELO_5'));
  assert.deepEqual(await names('url_enabled = false;', user), []);
  assert.ok((await names('check_authed = true;', user)).includes('HELO_5'));
});

test('what cannot be used is told', limit, async () => {
  assert.deepEqual(await findingsOf('hfilter { helo_enable = true; }'), [
    '2: warning: unknown option helo_enable in section hfilter has no effect (did you mean helo_enabled?)',
  ]);
});
