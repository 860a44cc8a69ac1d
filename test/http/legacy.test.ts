import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoDecimals } from '../../src/frontends/http/legacy-number.ts';
import { startProxy } from '../support/proxy-rig.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Behaviour, type SeenRequest, scriptedScanner } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

/** What Exim sends (Exim: src/spam.c:spam), `variant=rspamd`. */
const exim = `${lines(
  'CHECK RSPAMC/1.3',
  'Content-length: 6',
  'Queue-Id: 1a2b3c-000000-00',
  'From: <a@b.example>',
  'Recipient-Number: 2',
  'Rcpt: <c@d.example>',
  'Rcpt: <e@f.example>',
  'Helo: mail.b.example',
  'IP: 192.0.2.10',
  'User: bob',
  '',
)}a mail`;

const result = {
  is_skipped: false,
  score: 22.5,
  required_score: 15,
  action: 'reject',
  subject: '=?UTF-8?Q?*** x?=',
  symbols: {
    TEST_SYM: {
      name: 'TEST_SYM',
      score: 2.5,
      metric_score: 2.5,
      description: 'Test symbol',
      options: ['opt1', 'opt2', 3],
    },
    BIGSCORE: { name: 'BIGSCORE', score: 20, options: [] },
    BROKEN: 'no object',
  },
  messages: { smtp_message: 'go away', other: 1 },
  'message-id': '1@x',
  milter: {
    add_headers: {
      'X-One': { value: 'v1', order: 1 },
      'X-Two': [{ value: 'a', order: 0 }, { value: 'b', order: -1 }, 'text', { order: 1 }],
      'X-Three': 'text',
    },
    remove_headers: { 'X-Gone': 0, 'X-Gone2': [2, -1, 'x'], 'X-Float': 1.5 },
  },
};

const milterLines = [
  'X-Milter-Add: X-One[1]: v1',
  'X-Milter-Add: X-Two: a',
  'X-Milter-Add: X-Two: b',
  'X-Milter-Del: X-Gone',
  'X-Milter-Del: X-Gone2[2]',
  'X-Milter-Del: X-Gone2[-1]',
];

async function ask(
  t: Parameters<typeof startProxy>[0],
  behaviour: Behaviour,
  request: string,
): Promise<{ text: string; seen: SeenRequest | undefined }> {
  const scanner = await scriptedScanner(t, [behaviour]);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxTries: 1 });
  const client = new RawClient(port).send(request);
  const text = (await client.rest()).toString('latin1');
  return { text, seen: scanner.requests[0] };
}

test('Exim gets its answer byte for byte, and the scanner a request as ever', bounded, async (t) => {
  const { text, seen } = await ask(t, { json: result }, exim);
  assert.equal(
    text,
    lines(
      'RSPAMD/1.3 0 EX_OK',
      'Metric: default; True; 22.50 / 15.00 / 0.0',
      'Action: reject',
      'Subject: =?UTF-8?Q?*** x?=',
      'Symbol: TEST_SYM(2.50)',
      'Symbol: BIGSCORE(20.00)',
      'X-Symbol: TEST_SYM(2.50); Test symbol [opt1, opt2]',
      'X-Symbol: BIGSCORE(20.00) []',
      'Message: go away',
      'Message-ID: 1@x',
      ...milterLines,
    ),
  );
  assert.equal(`${seen?.method} ${seen?.target}`, 'POST /checkv2');
  assert.equal(seen?.body.toString(), 'a mail');
  assert.deepEqual(seen?.all('Rcpt'), ['<c@d.example>', '<e@f.example>']);
  assert.equal(seen?.header('User'), 'bob');
  assert.equal(seen?.header('Recipient-Number'), '2');
  assert.equal(seen?.header('IP'), '192.0.2.10');
});

test('a spamc client gets its answer, whose length counts what follows the empty line', bounded, async (t) => {
  const rest = lines('TEST_SYM,BIGSCORE', ...milterLines);
  const full = await ask(t, { json: result }, 'SYMBOLS SPAMC/1.2\r\nUser: bob\r\nContent-length: 2\r\n\r\nhi');
  assert.equal(
    full.text,
    lines('SPAMD/1.1 0 EX_OK', `Content-length: ${rest.length}`, 'Spam: True ; 22.50 / 15.00', '') + rest,
  );
  assert.equal(full.seen?.header('User'), 'bob');
  const bare = await ask(t, { json: { action: 'no action', score: -0.001 } }, 'CHECK  S\nContent-Length: 2\n\nhi');
  assert.equal(bare.text, lines('SPAMD/1.1 0 EX_OK', 'Content-length: 30', 'Spam: False ; -0.00 / 0.00', ''));
});

test(
  'REPORT: the score comes first for clients before version 1.3; the user is nobody who has logged in',
  bounded,
  async (t) => {
    const json = { action: 'add header', score: 7.5, required_score: 15, symbols: { A: { score: 7.5 } } };
    const report = lines('Action: add header', 'Symbol: A(7.50)', 'X-Symbol: A(7.50)');
    const request = (line: string): string => `${line}\r\nUser: nobody\r\nContent-length: 2\r\n\r\nhi`;
    const old = await ask(t, { json }, request('REPORT SPAMC/1.2'));
    const body = `7.50/15.00\r\n${report}`;
    assert.equal(old.text, lines('SPAMD/1.1 0 EX_OK', `Content-length: ${body.length}`, '') + body);
    assert.equal(old.seen?.header('User'), undefined);
    for (const command of ['REPORT', 'REPORT_IFSPAM']) {
      const { text } = await ask(t, { json }, request(`${command} SPAMC/1.5`));
      const head = lines('SPAMD/1.1 0 EX_OK', `Content-length: ${report.length}`, 'Spam: True ; 7.50 / 15.00', '');
      assert.equal(text, head + report);
    }
    const ham = await ask(t, { json: { ...json, action: 'no action' } }, request('REPORT_IFSPAM SPAMC/1.5'));
    assert.equal(ham.text, lines('SPAMD/1.1 0 EX_OK', 'Content-length: 0', 'Spam: False ; 7.50 / 15.00', ''));
    const rspamc = await ask(t, { json }, request('REPORT RSPAMC/1.3'));
    assert.match(rspamc.text, /^RSPAMD\/1\.3 0 EX_OK\r\nMetric: default; True; 7\.50/);
    assert.equal(rspamc.seen?.header('User'), 'nobody');
    const failed = await ask(t, 'close', request('REPORT SPAMC/1.2'));
    assert.match(failed.text, /^SPAMD\/1\.1 75 EX_TEMPFAIL: the scanner closed/);
  },
);

test('True or False is what a spamc user expects', bounded, async (t) => {
  const cases: ReadonlyArray<readonly [json: object, word: string]> = [
    [{ action: 'no action', score: 1, required_score: 15 }, 'False'],
    [{ action: 'greylist', score: 5, required_score: 15 }, 'False'],
    [{ action: 'soft reject', score: 5, required_score: 15 }, 'False'],
    [{ action: 'add header', score: 7, required_score: 15 }, 'True'],
    [{ action: 'rewrite subject', score: 7, required_score: 15 }, 'True'],
    [{ action: 'no action', score: 15, required_score: 15 }, 'True'],
    [{ action: 'reject', score: 20, required_score: 15, is_spam: false }, 'False'],
  ];
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  for (const [json, word] of cases) {
    scanner.play({ json });
    const text = (await new RawClient(port).send('CHECK SPAMC/1.5\r\n\r\n').rest()).toString();
    assert.match(text, new RegExp(`Spam: ${word} ;`), JSON.stringify(json));
  }
});

test('bytes that are no UTF-8 come through', bounded, async (t) => {
  const json = '{"action":"no action","symbols":{"A":{"score":1,"options":["\xe9\\u00e9\\n\\u20ac","\\\\u00e9"]}}}';
  const raw = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${json}`, 'latin1');
  const { text } = await ask(t, { raw }, exim);
  assert.match(text, /X-Symbol: A\(1\.00\) \[\xe9\xc3\xa9\n\xe2\x82\xac, \\u00e9\]\r\n/);
});

test('what a legacy client could not read is not asked for', bounded, async (t) => {
  const request = exim.replace('User: bob', 'Accept-Encoding: zstd\r\nAccept: application/msgpack\r\nHost: other');
  const { text, seen } = await ask(t, 'ok', request);
  assert.match(text, /^RSPAMD\/1\.3 0 EX_OK\r\n/);
  assert.equal(seen?.header('Accept-Encoding'), undefined);
  assert.equal(seen?.header('Accept'), undefined);
});

test('a failure is a temporary failure in the words of the client', bounded, async (t) => {
  const failing: Behaviour[] = ['close', 'text', 'status:500', { json: { error: 'x' } }];
  for (const behaviour of failing) {
    const good = behaviour === 'status:500';
    const { text } = await ask(t, behaviour, exim);
    // The HTTP status of a verdict does not count.
    if (good) assert.match(text, /^RSPAMD\/1\.3 0 EX_OK\r\nMetric: /);
    else assert.match(text, /^RSPAMD\/1\.3 75 EX_TEMPFAIL\r\nError: .+\r\n$/);
    const spamc = await ask(t, behaviour, 'CHECK SPAMC/1.5\r\nContent-length: 2\r\n\r\nhi');
    if (!good) assert.match(spamc.text, /^SPAMD\/1\.1 75 EX_TEMPFAIL: .+\r\n$/);
  }
  const refused = await ask(t, 'ok', 'CHECK SPAMC/1.5\r\nContent-length: 5x\r\n\r\nhi');
  assert.match(refused.text, /^SPAMD\/1\.1 75 EX_TEMPFAIL: the request cannot be understood/);
  const file = await ask(t, 'ok', 'CHECK RSPAMC/1.3\r\nFile: /etc/hostname\r\n\r\n');
  assert.match(file.text, /Error: File and shm message sources are not allowed/);
  assert.equal(file.seen, undefined);
});

test('numbers have two decimals as Rspamd 4 prints them', () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, '0.00'],
    [-0, '-0.00'],
    [15, '15.00'],
    [22.5, '22.50'],
    [1.005, '1.01'],
    [0.125, '0.13'],
    [-0.005, '-0.01'],
    [2.675, '2.68'],
    [-0.001, '-0.00'],
    [0.0049, '0.00'],
    [0.9951, '1.00'],
    [9.995, '10.00'],
    [99.999, '100.00'],
    [123456.789, '123456.79'],
    [1e7, '10000000.00'],
    [1e8, '1e+8'],
    [1.2e9, '1.2e+9'],
    [123456789, '123456789.00'],
    [-1e21, '-1e+21'],
    [1e-300, '0.00'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ];
  for (const [value, text] of cases) assert.equal(twoDecimals(value), text, String(value));
});
