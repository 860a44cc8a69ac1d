import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { findingsOf } from '../modules/support.ts';
import { clean, makeScanner, type Reply, scanText, stockActions } from '../support.ts';
import { startDns } from './rig.ts';

const limits = { timeout: 60_000 };

test('whose mail is looked at: the options of a module, or else those of section options', limits, async (t) => {
  const { resolver } = await startDns(t, {
    'example.org': { TXT: ['v=spf1 -all'] },
    '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
    '9.0.0.10.asn.rspamd.com': { TXT: ['15169 | 10.0.0.0/24 | US | arin |'] },
  });
  const found = async (sections: string, ...headers: ReadonlyArray<readonly [string, string]>): Promise<string> => {
    const scanner = await makeScanner(`${stockActions} ${sections}`, [], resolver);
    assert.deepEqual(scanner.problems, []);
    const { symbols } = await scanText(scanner, clean, { headers: [['From', 'a@example.org'], ...headers] });
    return Object.keys(symbols)
      .filter((name) => /^(?:R_SPF_|R_DKIM_|DMARC_|ASN)/.test(name))
      .sort()
      .join(' ');
  };
  const local = ['IP', '10.0.0.9'] as const;
  const user = ['User', 'a'] as const;
  const networks = 'options { local_addrs = ["10.0.0.0/8"]; ';
  const all = 'ASN DMARC_POLICY_REJECT R_DKIM_NA R_SPF_FAIL';
  assert.equal(await found(`${networks} }`, local), '');
  assert.equal(await found(`${networks} check_local = yes; }`, local), all);
  assert.equal(await found(`${networks} check_local = yes; check_authed = yes; }`, local, user), all);
  // A module that says one of them says both, but for DKIM.
  const quiet = 'spf { check_authed = yes; } dkim { check_authed = yes; }';
  assert.equal(await found(`${networks} check_local = yes; } ${quiet}`, local), 'ASN R_DKIM_NA');
  const own =
    'spf { check_local = yes; } dkim { check_local = yes; } dmarc { check_local = yes; } asn { check_local = yes; }';
  assert.equal(await found(`${networks} } ${own}`, local), all);
});

test('domains of section dkim: weights of good and of bad signatures', limits, async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64');
  const { resolver } = await startDns(t, {
    's._domainkey.example.org': { TXT: [`v=DKIM1; k=ed25519; p=${raw}`] },
  });
  const scan = async (sections: string, message: string, ip: string): Promise<Reply> => {
    const scanner = await makeScanner(`${stockActions} ${sections}`, [], resolver);
    assert.deepEqual(scanner.problems, []);
    return scanText(scanner, message, {
      headers: [
        ['IP', ip],
        ['From', 'a@example.org'],
      ],
    });
  };
  const signing = `dkim_signing { signing_table = "a@example.org k"; key_table = "k example.org:s:${seed}"; }`;
  const signed = (await scan(signing, clean, '127.0.0.1')) as Reply & { readonly 'dkim-signature': string };
  const good = `DKIM-Signature: ${signed['dkim-signature']}\r\n${clean}`;
  const weights = 'group "dkim" { symbols { R_DKIM_ALLOW { weight = -1; } R_DKIM_REJECT { weight = 1; } } }';
  const scores = async (section: string): Promise<readonly unknown[]> => {
    const replies = [good, good.replace('Hi.', 'Ho.')].map((message) =>
      scan(`${weights} dkim { ${section} }`, message, '192.0.2.7'),
    );
    const [allow, reject] = await Promise.all(replies);
    return [allow?.symbols['R_DKIM_ALLOW']?.score, reject?.symbols['R_DKIM_REJECT']?.score];
  };
  assert.deepEqual(await scores(''), [-1, 1]);
  assert.deepEqual(await scores('domains = ["example.org 3:0.5"];'), [-0.5, 3]);
  assert.deepEqual(await scores('trusted_domains = ["example.org"]; strict_multiplier = 4;'), [-4, 4]);
  assert.deepEqual(await scores('domains = ["example.net"]; strict_multiplier = 4;'), [-1, 1]);
  assert.deepEqual(await scores('domains = ["example.net"]; trusted_only = yes;'), [undefined, undefined]);
});

test('options that nobody knows, or that have no effect, are told', limits, async () => {
  const told = await findingsOf(`spf { max_dns_request = 5; spf_cache_size = 5; symbols { allow = "X"; } }
dkim { time_jiter = 5h; trusted_only = yes; }
dmarc { reporting { enabled = yes; } munging { } no_sampling_domain = "x"; }
asn { provider_type = "other"; symbl = "X"; }`);
  const expected = [
    /^1: warning: unknown option max_dns_request .*max_dns_requests/,
    /^1: notice: option spf_cache_size has no effect yet/,
    /^2: warning: unknown option time_jiter .*time_jitter/,
    /^-: warning: dkim is off: trusted_only/,
    /^3: notice: option enabled has no effect yet: nothing is noted for reports of DMARC/,
    /^3: notice: option munging has no effect yet/,
    /^3: warning: unknown option no_sampling_domain .*no_sampling_domains/,
    /^4: .*there is no other provider of networks/,
    /^4: warning: unknown option symbl .*symbol/,
  ];
  // Line 1 is that of actions.
  const lines = told.map((line) => line.replace(/^\d+/, (number) => String(Number(number) - 1)));
  for (const pattern of expected)
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern}\n${lines.join('\n')}`,
    );
  assert.equal(lines.length, expected.length, lines.join('\n'));
});

test('options of section rbl that hold for all lists', limits, async (t) => {
  const dns = await startDns(t, {
    '7.2.0.192.one.example': { A: ['127.0.0.2'] },
    '7.2.0.192.two.example': { A: ['127.0.0.2'] },
  });
  const found = async (options: string): Promise<string[]> => {
    const lists =
      'rbls { one { rbl = "one.example"; from = yes; } two { rbl = "two.example"; from = yes; enabled = yes; } }';
    const sections = `${stockActions} rbl { ${options} disable_monitoring = yes; ${lists} }`;
    const scanner = await makeScanner(sections, [], dns.resolver);
    assert.deepEqual(scanner.problems, []);
    const { symbols } = await scanText(scanner, clean, { headers: [['IP', '192.0.2.7']] });
    return Object.keys(symbols)
      .filter((name) => name === 'ONE' || name === 'TWO')
      .sort();
  };
  assert.deepEqual(await found(''), ['ONE', 'TWO']);
  assert.deepEqual(await found('default_enabled = no;'), ['TWO']);
  assert.deepEqual(await found('disabled_rbl_suffixes_map = ["two.example"];'), ['ONE']);
  assert.deepEqual(await found('local_exclude_ip_map = ["192.0.2.0/24"];'), []);
  assert.deepEqual(await found('local_exclude_ip_map = ["192.0.2.0/24"]; default_exclude_local = no;'), ['ONE', 'TWO']);
  const told = await findingsOf(
    'rbl { default_ipv5 = yes; rbls { one { rbl = "x.example"; recieved = yes; } two { rbl = "y"; process_script = "x"; } } }',
  );
  assert.equal(told.length, 4, told.join('\n'));
  assert.match(told.join('\n'), /unknown option default_ipv5 .*default_ipv[46]/);
  assert.match(told.join('\n'), /unknown option recieved .*received/);
  assert.match(told.join('\n'), /notice: option process_script has no effect yet/);
});
