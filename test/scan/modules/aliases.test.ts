import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleSource } from '../../../src/scan/index.ts';
import { find, findingsOf, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000 };

/** Tells the addresses that other rules see. */
const seen: RuleSource = () => [
  {
    name: 'SEEN',
    stage: 'filter',
    symbols: { SMTP: {}, MIME: {} },
    run: ({ visible, results }) => {
      results.insert('SMTP', 1, [visible.sender?.addr ?? '', ...visible.recipients.map(({ addr }) => addr)]);
      results.insert(
        'MIME',
        1,
        [...visible.from, ...visible.to].map(({ addr }) => addr),
      );
    },
  },
];

interface Way {
  readonly from?: string;
  readonly to?: string;
  readonly user?: string;
  readonly ip?: string;
}

async function look(
  section: string,
  { from = 'a@out.example', to = 'b@example.net', user, ip = '192.0.2.7' }: Way = {},
) {
  const headers = { From: from, Rcpt: to, IP: ip, ...(user === undefined ? {} : { User: user }) };
  const found = await find(
    `aliases { ${section} }`,
    { text: plain('Hi.', { From: from, To: to }), headers },
    { sources: [seen] },
  );
  const symbols = Object.keys(found).filter((name) => /^(?:X_|LOCAL_|INTERNAL_|ALIAS_|TAGGED_RC|TAGGED_FR)/.test(name));
  const addresses = (name: string) => (found[name] ?? []).slice(1) as string[];
  return { symbols, smtp: addresses('SMTP'), mime: addresses('MIME') };
}

test('aliases of the system, of Postfix and of the configuration', limit, async (t) => {
  const path = mapFiles(t, {
    aliases: '# system\npostmaster: root\nroot: anna, bob\nlist: :include:/x, |program, /file\nlong: \\\n carl\n',
    virtual: '# comment\ninfo@example.net anna@example.net\nsales@example.net  info@example.net more\n',
    other: 'hash@example.net anna@example.net\n',
  });
  const first = async (section: string, to: string) =>
    (await look(section, { to })).smtp.find((one) => one.includes('@example.n') || one.includes('@moved'));
  const system = `system_aliases = "${path('aliases')}";`;
  assert.equal(await first(system, 'postmaster@example.net'), 'anna@example.net');
  assert.equal(await first(system, 'long@example.net'), 'carl@example.net');
  assert.equal(await first(system, 'list@example.net'), 'list@example.net');
  assert.equal(await first(`${system} max_recursion_depth = 1;`, 'postmaster@example.net'), 'root@example.net');
  const virtual = `virtual_aliases { type = "file"; path = "${path('virtual')}"; }`;
  assert.equal(await first(virtual, 'Sales@Example.net'), 'anna@example.net');
  const map = `virtual_aliases { type = "map"; url = "${path('other')}"; }`;
  assert.equal(await first(map, 'hash@example.net'), 'anna@example.net');
  const own =
    'rspamd_aliases { "x@example.net" = ["y@moved.example", "z@moved.example"]; "l@example.net" = "l@example.net"; }';
  assert.equal(await first(own, 'x@example.net'), 'y@moved.example');
  assert.equal(await first(own, 'l@example.net'), 'l@example.net');
  assert.deepEqual((await look(own, { to: 'x@example.net' })).symbols, ['ALIAS_RESOLVED']);
});

test('an address with other letters than ASCII stays as it is', limit, async () => {
  const to = Buffer.from('\u00c4nne@ex\u00e4mple.net').toString('latin1');
  const { symbols, smtp } = await look('', { to });
  assert.deepEqual([symbols, smtp.length], [[], 2]);
});

test('the domain of a sender stays', limit, async () => {
  const own = 'rspamd_aliases { "a@out.example" = "b@out.example"; "m@out.example" = "m@moved.example"; }';
  assert.deepEqual((await look(own)).mime, ['b@example.net', 'b@out.example']);
  assert.deepEqual((await look(own, { from: 'm@out.example' })).mime, ['b@example.net', 'm@out.example']);
});

test('where addresses are changed, and tags', limit, async () => {
  const tagged = { from: 'a+x@out.example', to: 'b+y@example.net' };
  const all = await look('', tagged);
  assert.deepEqual(all.symbols, ['ALIAS_RESOLVED', 'TAGGED_FROM', 'TAGGED_RCPT']);
  assert.deepEqual(
    [all.smtp, all.mime],
    [
      ['a@out.example', 'b@example.net'],
      ['a@out.example', 'b@example.net'],
    ],
  );
  const envelope = await look('apply_to_mime = false;', tagged);
  assert.deepEqual(
    [envelope.smtp, envelope.mime],
    [
      ['a@out.example', 'b@example.net'],
      ['a+x@out.example', 'b+y@example.net'],
    ],
  );
  const header = await look('apply_to_smtp = false;', tagged);
  assert.deepEqual(
    [header.smtp, header.mime],
    [
      ['a+x@out.example', 'b+y@example.net'],
      ['a@out.example', 'b@example.net'],
    ],
  );
  assert.deepEqual(
    (await look('enable_gmail_rules = false;', tagged)).symbols,
    all.symbols,
    'one of the two is enough',
  );
  assert.deepEqual((await look('enable_gmail_rules = false; enable_plus_aliases = false;', tagged)).symbols, []);
});

test('in which direction a message goes', limit, async (t) => {
  const path = mapFiles(t, { domains: '# ours\nexample.net\nsub.example.net # here\n' });
  const section = `local_domains = "${path('domains')}";`;
  const way = async (options: string, given: Way) => (await look(options, given)).symbols;
  assert.deepEqual(await way(section, {}), ['LOCAL_INBOUND']);
  assert.deepEqual(await way(section, { from: 'c@Example.NET' }), ['INTERNAL_MAIL']);
  assert.deepEqual(await way(section, { from: 'c@sub.example.net', to: 'x@out.example' }), ['LOCAL_OUTBOUND']);
  assert.deepEqual(await way(section, { to: 'x@out.example' }), []);
  assert.deepEqual(await way(section, { to: 'x@out.example', user: 'anna' }), ['LOCAL_OUTBOUND']);
  assert.deepEqual(await way(section, { to: 'x@out.example', ip: '127.0.0.1' }), ['LOCAL_OUTBOUND']);
  assert.deepEqual(await way(section, { user: 'anna' }), ['LOCAL_INBOUND']);
  assert.deepEqual(await way('local_domains = ["example.net"];', {}), ['LOCAL_INBOUND']);
});

test('names and scores of symbols', limit, async () => {
  const names = ['local_inbound', 'local_outbound', 'internal_mail', 'alias_resolved', 'tagged_from', 'tagged_rcpt'];
  const section = `local_domains = ["example.net"]; ${names.map((name) => `symbol_${name} = "X_${name}"; score_${name} = 0.1;`).join(' ')}`;
  const symbols = async (way: Way) => (await look(section, way)).symbols;
  assert.deepEqual(await symbols({ from: 'a+x@out.example', to: 'b+y@example.net' }), [
    'X_alias_resolved',
    'X_local_inbound',
    'X_tagged_from',
    'X_tagged_rcpt',
  ]);
  assert.deepEqual(await symbols({ from: 'c@example.net' }), ['X_internal_mail']);
  assert.deepEqual(await symbols({ to: 'x@out.example', user: 'anna' }), ['X_local_outbound']);
  const found = await find(`aliases { ${section} }`, {
    text: plain('Hi.'),
    headers: { From: 'a@out.example', Rcpt: 'b@example.net' },
  });
  assert.equal(found['X_local_inbound']?.[0], 0.1);
});

test('what cannot be used is told', limit, async () => {
  assert.deepEqual(await findingsOf('aliases {\nvirtual_aliases { type = "redis"; }\nlocal_domain = ["x"];\n}'), [
    '4: warning: unknown option local_domain in section aliases has no effect (did you mean local_domains?)',
    '-: warning: aliases: virtual_aliases is left out: its type has to be "file" with a path, or "map" with a url',
  ]);
});
