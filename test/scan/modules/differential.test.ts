import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { noRspamd } from '../../support/rspamd.ts';
import { type PeerOptions, startPeer } from './peer.ts';
import {
  type Found,
  find,
  foundOf,
  type Mail,
  mapFiles,
  mixed,
  noProofs,
  plain,
  proofs,
  type World,
  zip,
} from './support.ts';

const limit = { timeout: 180_000, skip: noRspamd };

interface Comparison extends Omit<PeerOptions, 'folder'> {
  readonly files?: Readonly<Record<string, string>>;
  /** Symbols that are compared. */
  readonly symbols: RegExp;
  readonly mails: readonly Mail[];
  /** Of our side only. */
  readonly own?: { readonly sections: string; readonly world: World };
  /** Debian's version weighs them in another way. */
  readonly otherScores?: boolean;
  /** Symbols of which Debian's version tells something else. */
  readonly otherOptions?: RegExp;
}

/** Gives the same sections and messages to Debian's Rspamd and to our scanner. `{folder}` is where the files are. */
async function compare(
  t: TestContext,
  { files = {}, mails, own, otherScores = false, otherOptions, ...options }: Comparison,
): Promise<void> {
  const folder = dirname(mapFiles(t, files)('x'));
  const sections = options.sections.replaceAll('{folder}', folder);
  const theirs = await startPeer(t, { ...options, sections, folder });
  const seen = new Set<string>();
  for (const mail of mails) {
    const expected = foundOf(await theirs(mail), (name) => options.symbols.test(name));
    const all = await find(`${sections} ${own?.sections ?? ''}`, mail, own?.world);
    const ours = Object.fromEntries(Object.entries(all).filter(([name]) => options.symbols.test(name))) as Found;
    const same = (found: Found) => comparable(found, otherScores, otherOptions);
    assert.deepEqual(same(ours), same(expected), mail.text);
    for (const name of Object.keys(expected)) seen.add(name);
  }
  assert.ok(seen.size > 0, 'something was found');
  t.diagnostic(`symbols that both found: ${[...seen].sort().join(' ')}`);
}

function comparable(found: Found, otherScores: boolean, otherOptions: RegExp | undefined): unknown {
  return Object.entries(found).map(([name, [score, ...options]]) => [
    name,
    otherScores ? 0 : score,
    ...(otherOptions?.test(name) === true ? [] : options),
  ]);
}

/** Weights, which Debian's Rspamd has in its metric. */
const weights = (names: string): string =>
  `group "own" { symbols { ${names
    .split(' ')
    .map((name) => `"${name}" { weight = 1.0; }`)
    .join(' ')} } }`;

test('mime_types', limit, async (t) => {
  const symbols =
    'X_UNKNOWN X_BAD X_GOOD X_ATTACHMENT X_ENCRYPTED X_OBFUSCATED X_SPLIT X_NESTED X_DOUBLE X_EXTENSION X_UNICODE';
  await compare(t, {
    plugins: ['mime_types'],
    symbols: /^X_/,
    files: { types: 'text/plain -1\nmultipart/mixed 0\nimage/x-odd 3\ntext/html 2\n', names: '/^known\\./\n' },
    sections: `${weights(symbols)} mime_types {
      file = "{folder}/types"; filename_whitelist = "{folder}/names"; other_extensions_mult = 0.7;
      extension_map { foo = ["text/x-foo", "text/plain"]; bar = "text/x-bar"; }
      bad_extensions { foo = 3; exe = 1.5; vbs = 2; } bad_archive_extensions { bar = 2; }
      archive_extensions { arc = 1; } archive_exceptions { odt = true; zap = true; }
      symbol_unknown = "X_UNKNOWN"; symbol_bad = "X_BAD"; symbol_good = "X_GOOD"; symbol_attachment = "X_ATTACHMENT";
      symbol_encrypted_archive = "X_ENCRYPTED"; symbol_obfuscated_archive = "X_OBFUSCATED";
      symbol_exe_in_gen_split_rar = "X_SPLIT"; symbol_archive_in_archive = "X_NESTED";
      symbol_double_extension = "X_DOUBLE"; symbol_bad_extension = "X_EXTENSION"; symbol_bad_unicode = "X_UNICODE"; }`,
    mails: [
      [{ type: 'text/plain' }, { type: 'image/x-odd' }, { type: 'application/x-foo' }],
      [{ type: 'text/plain', name: 'a.foo' }],
      [{ type: 'image/png', name: 'a.foo' }],
      [{ type: 'image/png', name: 'a.bar' }],
      [{ type: 'text/css', name: 'a.jpg' }],
      [{ type: 'application/octet-stream', name: 'known.exe' }],
      [{ type: 'application/octet-stream', name: 'a.txt.exe' }],
      [{ type: 'application/octet-stream', name: 'a.exe.txt' }],
      [{ type: 'application/octet-stream', name: 'a.cmd' }],
      [{ type: 'application/zip', name: 'a.zip', body: zip({ 'b.bar': 'x' }) }],
      [{ type: 'application/zip', name: 'a.zip', body: zip({ 'b.bar': 'x', 'c.arc': 'y' }) }],
      [{ type: 'application/zip', name: 'a.zip', body: zip({ 'b.vbs': 'x', 'c.zip': 'y' }) }],
      [{ type: 'application/zip', name: 'a.zap', body: zip({ 'b.vbs': 'x' }) }],
      [{ type: 'application/zip', name: 'a.txt.zip', body: zip({ 'b.exe': 'x' }) }],
    ].map((parts) => ({ text: mixed(parts) })),
  });
});

// Debian's version does without a symbol where there is no Received, and looks at the name there for good_host.
test('once_received', limit, async (t) => {
  const received = (host: string, ip: string) =>
    `from a.example.org (${host} [${ip}]) by b.example.org with ESMTP; Sun, 22 Nov 2026 11:59:00 +0000`;
  const mail = (host: string, { IP = '192.0.2.7', ...headers }: Readonly<Record<string, string>> = {}) => ({
    text: plain('Hi there.', { Received: received(host, IP) }),
    headers: { IP, Hostname: host, ...headers },
  });
  await compare(t, {
    plugins: ['once_received'],
    symbols: /^X_/,
    otherScores: true,
    files: { clients: '198.51.100.0/24\n' },
    sections: `${weights('X_ONCE X_STRICT X_MX')} once_received {
      symbol = "X_ONCE"; symbol_strict = "X_STRICT"; symbol_mx = "X_MX"; symbol_rdns = "X_NONE";
      symbol_rdns_dnsfail = "X_FAIL"; whitelist = "{folder}/clients"; check_local = true;
      bad_host = ["%-dyn%d+%.", "^cable[^.]*$"]; good_host = ["^mx%d?%.", "relay"]; }`,
    mails: [
      ...['a-dyn12.example.org', 'cable-7', 'cable.example.org', 'mx1.example.org', 'relay.example.org'].map((host) =>
        mail(host),
      ),
      ...['static.example.org', 'mail.example.org'].map((host) => mail(host)),
      mail('a-dyn1.example.org', { IP: '198.51.100.1' }),
      mail('a-dyn1.example.org', { IP: '127.0.0.1' }),
      mail('a-dyn1.example.org', { User: 'anna' }),
    ],
  });
});

// Debian's version names the target of an exception in another way, and knows no feed that is spared.
test('phishing', limit, async (t) => {
  const link = (to: string, shown: string) => ({
    text: plain(`<html><body><a href="http://${to}">http://${shown}</a></body></html>`, {}, 'text/html'),
  });
  const text = (url: string) => ({ text: plain(`See http://${url} now.`) });
  await compare(t, {
    plugins: ['phishing'],
    symbols: /^(?:X_|PHISHED_OPENPHISH)/,
    otherOptions: /^X_TO$/,
    files: {
      services: 'short.com\n*.net\n',
      feed: 'http://bad.com/path\nhttps://worse.com/a?b=c\nhttp://bare.com\n',
      json: '{"url": "http://known.com/path", "brand": "Bank", "sector": "Money", "tld": "com"}\n',
    },
    sections: `${weights('X_PHISHING X_TO X_OWN PHISHED_OPENPHISH')} phishing {
      symbol = "X_PHISHING"; phishtank_enabled = false;
      exceptions { X_TO = ["glob;{folder}/services"]; }
      generic_service_enabled = true; generic_service_map = "{folder}/feed"; generic_service_symbol = "X_OWN";
      openphish_enabled = true; openphish_premium = true; openphish_map = "{folder}/json"; }`,
    mails: [
      ...['evil.com/a', 'short.com/a', 'evil.org', 'bank.com/a', 'www.bank.com/a'].map((to) => link(to, 'other.com/b')),
      ...['bad.com/path', 'bad.com/path?x=y', 'bad.com/other', 'worse.com/a?b=c', 'worse.com/a?b=d'].map(text),
      ...['bare.com', 'bare.com/', 'known.com/path', 'known.com/path?a=b'].map(text),
      link('known.com/other', 'something.org'),
    ],
  });
});

/** Makes Debian's Rspamd find what the field X-Proofs says. */
const proofsInLua = `
local id = rspamd_config:register_symbol({ name = 'PROOFS', type = 'callback', callback = function(task)
  for word in (task:get_header('X-Proofs') or ''):gmatch('%S+') do
    local name, rest = word:match('^([^=]+)=?(.*)$')
    local options = {}
    for option in rest:gmatch('[^,]+') do options[#options + 1] = option end
    task:insert_result(name, 1.0, options)
  end
end })
for _, name in ipairs { 'R_SPF_ALLOW', 'R_DKIM_ALLOW', 'DMARC_POLICY_ALLOW', 'DKIM_TRACE', 'OTHER_ALLOW' } do
  rspamd_config:register_symbol({ name = name, type = 'virtual', parent = id })
end`;

test('whitelist', limit, async (t) => {
  const senders = ['good.com', 'bad.com', 'any.com', 'sub.good.com', 'none.org'];
  const proofsOf = (domain: string) => {
    const own = domain.replace('sub.', '');
    return [
      '',
      'R_SPF_ALLOW',
      `R_DKIM_ALLOW DKIM_TRACE=${own}:+`,
      `DKIM_TRACE=${own}:-`,
      `R_SPF_ALLOW R_DKIM_ALLOW DKIM_TRACE=${own}:+`,
      `R_SPF_ALLOW DKIM_TRACE=${own}:-`,
      `R_SPF_ALLOW R_DKIM_ALLOW DKIM_TRACE=${own}:+ DMARC_POLICY_ALLOW`,
      `DMARC_POLICY_ALLOW R_DKIM_ALLOW DKIM_TRACE=good.com:+,bad.com:-`,
      `OTHER_ALLOW`,
    ];
  };
  const clients = [{ IP: '192.0.2.7' }, { IP: '127.0.0.1' }, { IP: '192.0.2.7', User: 'anna' }];
  const mails = senders.flatMap((domain) =>
    proofsOf(domain).flatMap((found, index) =>
      clients.slice(0, index < 2 ? 3 : 1).map((headers) => ({
        text: plain('Hi.', { From: `a@${domain}`, 'X-Proofs': found }),
        headers: { ...headers, From: `b@${domain}`, Helo: 'mx.good.com' },
      })),
    ),
  );
  const names = 'SPF DKIM BOTH DMARC ALL LIST BLACK STRICT NOINV MULT'.split(' ').map((name) => `X_${name}`);
  await compare(t, {
    plugins: ['whitelist'],
    symbols: /^X_/,
    lua: proofsInLua,
    files: { domains: 'good.com\nbad.com bl:2.5\nany.com both:0.5\nsub.good.com 3\n' },
    own: { sections: noProofs, world: { sources: [proofs] } },
    sections: `${weights([...names, ...names.map((name) => `${name}_INV`)].join(' '))} whitelist { check_authed = true; rules {
      X_SPF { valid_spf = true; domains = "{folder}/domains"; inverse_symbol = "X_SPF_INV"; }
      X_DKIM { valid_dkim = true; domains = "{folder}/domains"; inverse_symbol = "X_DKIM_INV"; }
      X_BOTH { valid_dkim = true; valid_spf = true; domains = "{folder}/domains"; inverse_symbol = "X_BOTH_INV"; }
      X_DMARC { valid_dmarc = true; domains = "{folder}/domains"; inverse_symbol = "X_DMARC_INV"; }
      X_ALL { valid_dmarc = true; valid_dkim = true; valid_spf = true; domains = "{folder}/domains"; inverse_symbol = "X_ALL_INV"; }
      X_LIST { valid_spf = true; strict = true; domains = ["good.com", ["any.com", 4.0]]; }
      X_BLACK { valid_spf = true; blacklist = true; domains = ["good.com"]; }
      X_STRICT { valid_spf = true; strict = true; domains = "{folder}/domains"; inverse_symbol = "X_STRICT_INV"; }
      X_NOINV { valid_spf = true; domains = "{folder}/domains"; }
      X_MULT { valid_spf = true; domains = "{folder}/domains"; inverse_multiplier = 2; }
    } }`,
    mails,
  });
});

test('hfilter', limit, async (t) => {
  const mails = [
    { Helo: 'dhcp-1.example.org', Hostname: 'pool-1.example.net', From: 'a@example.org', Rcpt: 'b@example.net' },
    { Helo: 'catv-7.example.org', From: 'postmaster@example.org', Rcpt: 'b@example.net' },
    { Helo: '192.168.1.1', Hostname: 'vps.example.net', From: 'a@example.org', Rcpt: 'b@example.net' },
  ].flatMap((envelope) => [
    { text: plain('http://www.example.org/a'), headers: { IP: '192.0.2.7', ...envelope } },
    { text: plain('Hi there.'), headers: { IP: '192.0.2.7', ...envelope } },
    { text: plain('Hi there.'), headers: { IP: '192.0.2.7', ...envelope, User: 'anna' } },
    { text: plain('Hi there.'), headers: { ...envelope, IP: '127.0.0.1' } },
  ]);
  // Switches of which a section says nothing are off in the plugin, and as in the stock file here.
  const all = ['helo', 'hostname', 'url', 'from', 'rcpt'];
  const only = (names: string, more = '') =>
    `hfilter { ${all.map((name) => `${name}_enabled = ${names.split(' ').includes(name)};`).join(' ')} ${more} }`;
  for (const sections of [
    only('helo url rcpt'),
    only('hostname', 'check_authed = true;'),
    only('helo hostname', 'check_local = true;'),
  ])
    await compare(t, {
      plugins: ['hfilter'],
      // The others ask DNS.
      symbols: /^HFILTER_(?:HELO_(?:\d|BA)|HOSTNAME|URL|RCPT)/,
      otherScores: true,
      sections,
      mails,
    });
});

test('mid', limit, async (t) => {
  const mails = [
    ...['none.com', 'odd.com', 'other.com'].flatMap((domain) =>
      ['<1@example.org>', 'odd-12', undefined].map((id) => ({ domain, id, symbol: 'OTHER_ALLOW' })),
    ),
    { domain: 'none.com', id: undefined, symbol: 'R_DKIM_ALLOW' },
  ].map(({ domain, id, symbol }) => {
    const text = plain('Hi.', { 'Message-ID': id ?? '', 'X-Proofs': `${symbol}=${domain}:x` });
    return { text: id === undefined ? text.replace(/^Message-ID: .*\r\n/m, '') : text };
  });
  await compare(t, {
    plugins: ['mid'],
    symbols: /^X_/,
    // Here the composite takes part.
    otherScores: true,
    lua: proofsInLua,
    files: { ids: 'none.com\nodd.com /^odd-\\d+$/\n' },
    own: { sections: noProofs, world: { sources: [proofs] } },
    sections: `${weights('X_MID X_NO_MID')} mid { source { url = ["{folder}/ids"]; } symbol_known_mid = "X_MID";
      symbol_known_no_mid = "X_NO_MID"; symbol_dkim_allow = "OTHER_ALLOW"; }`,
    mails,
  });
});

test('forged_recipients', limit, async (t) => {
  const mails = ['b@example.net', 'x@other.example', 'c@example.net'].flatMap((to) =>
    ['a@example.org', 'c@example.com'].map((from) => ({
      text: plain('Hi.', { To: to }),
      headers: { From: from, Rcpt: 'b@example.net' },
    })),
  );
  await compare(t, {
    plugins: ['forged_recipients'],
    symbols: /^X_/,
    sections: `${weights('X_RCPT X_SENDER')} forged_recipients { symbol_rcpt = "X_RCPT"; symbol_sender = "X_SENDER"; }`,
    mails,
  });
});
