import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, findingsOf, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000 };

const from = (hostname: string | undefined, more: Readonly<Record<string, string>> = {}, fields = {}) => ({
  text: plain('Hi there.', fields),
  headers: { IP: '192.0.2.7', ...(hostname === undefined ? {} : { Hostname: hostname }), ...more },
});

test('names of hosts are patterns of Lua', limit, async () => {
  const own = 'once_received { bad_host = ["%-dyn%d+%.", "^cable[^.]*$"]; good_host = ["^mx%d?%.", "relay"]; }';
  const strict = async (name: string) => (await find(own, from(name)))['ONCE_RECEIVED_STRICT'];
  assert.deepEqual(await strict('a-dyn12.example.org'), [4, '%-dyn%d+%.']);
  assert.deepEqual(await strict('cable-7'), [4, '^cable[^.]*$']);
  assert.equal(await strict('cable.example.org'), undefined);
  assert.equal(await strict('dynamic.example.org'), undefined, 'what is built in does not count any more');
  for (const good of ['mx.example.org', 'mx1.example.org', 'relay.example.org'])
    assert.equal((await find(own, from(good)))['ONCE_RECEIVED'], undefined, good);
  assert.ok((await find(own, from('mail.example.org')))['ONCE_RECEIVED']);
  assert.ok((await find('once_received { bad_host = "home"; }', from('home.example.org')))['ONCE_RECEIVED_STRICT']);
});

test('symbols have the names that the operator gives', limit, async () => {
  const own =
    'once_received { symbol = "X_ONCE"; symbol_strict = "X_STRICT"; symbol_mx = "X_MX"; symbol_rdns = "X_NONE"; }';
  const strict = await find(own, from('static.example.org'));
  const direct = await find(own, from(undefined, {}, { 'User-Agent': 'test/1' }));
  const names = (found: object) => Object.keys(found).filter((name) => /^X_|ONCE|DIRECT/.test(name));
  assert.deepEqual(
    [names(strict), names(direct)],
    [
      ['X_ONCE', 'X_STRICT'],
      ['X_MX', 'X_NONE', 'X_ONCE'],
    ],
  );
});

test('which clients are looked at', limit, async (t) => {
  const path = mapFiles(t, { clients: '192.0.2.0/25\n' });
  const isSeen = async (sections: string, headers: Readonly<Record<string, string>>) =>
    (await find(sections, from('static.example.org', headers)))['ONCE_RECEIVED'] !== undefined;
  const local = { IP: '127.0.0.1' };
  const user = { User: 'anna' };
  assert.equal(await isSeen(`once_received { whitelist = "${path('clients')}"; }`, {}), false);
  assert.equal(await isSeen(`once_received { whitelist = "${path('clients')}"; }`, { IP: '192.0.2.200' }), true);
  assert.deepEqual([await isSeen('', local), await isSeen('', user)], [false, false]);
  assert.deepEqual(
    [
      await isSeen('once_received { check_local = true; }', local),
      await isSeen('once_received { check_local = true; }', user),
    ],
    [true, false],
  );
  assert.equal(await isSeen('once_received { check_authed = true; }', user), true);
  assert.equal(await isSeen('options { check_local = true; }', local), true, 'that of section options');
  assert.equal(
    await isSeen('options { check_local = true; } once_received { check_authed = true; }', local),
    false,
    'the module decides both',
  );
});

test('what cannot be used is told', limit, async () => {
  assert.deepEqual(await findingsOf('once_received { good_hosts = "x"; bad_host = ["[a", "%bxy", "fine"]; }'), [
    '2: warning: unknown option good_hosts in section once_received has no effect (did you mean good_host?)',
    '-: warning: once_received: a pattern of bad_host is left out: a set is not closed in the Lua pattern [a',
    '-: warning: once_received: a pattern of bad_host is left out: %b cannot be used in the Lua pattern %bxy',
  ]);
});
