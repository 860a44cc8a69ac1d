import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Findings } from '../../../src/config/index.ts';
import { type Logger, silentLogger } from '../../../src/message/log.ts';
import { anySuffix } from '../../../src/scan/message/url/suffixes.ts';
import { arcRule } from '../../../src/scan/native/arc/index.ts';
import { dkimRule } from '../../../src/scan/native/dkim/index.ts';
import { dmarcRule, stockDmarcSettings } from '../../../src/scan/native/dmarc/index.ts';

import { sectionOption } from '../../../src/scan/native/index.ts';
import { arcSealRule, dkimSigningRule, readSigner } from '../../../src/scan/native/signing/index.ts';
import { spfRule } from '../../../src/scan/native/spf/index.ts';
import type { Task } from '../../../src/scan/task.ts';
import { loadText, type UclObject } from '../../../src/ucl/index.ts';
import { type DnsRig, found, makeTask, mapsOf, runRules, startDns } from './rig.ts';

const timeout = 60_000;
const now = Date.UTC(2026, 10, 22, 12, 0, 0);
const message = [
  'From: Anna <anna@example.org>',
  'To: b@example.net',
  'Subject: A  line that is',
  '\tfolded',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  'Message-ID: <1@example.org>',
  '',
  'Text with  blanks \t at its end  ',
  '',
  'More',
  '',
  '',
  '',
].join('\r\n');
const ours = [
  ['From', '<anna@example.org>'],
  ['Rcpt', '<b@example.net>'],
  ['IP', '10.0.0.9'],
  ['Helo', 'pc.example.org'],
] as const;
/** The same message when it comes to somebody else. */
const theirs = [
  ['From', '<anna@example.org>'],
  ['IP', '192.0.2.1'],
  ['Helo', 'mx.example.org'],
] as const;

interface Keys {
  readonly folder: string;
  readonly zone: Record<string, { TXT: string[] }>;
}

function makeKeys(t: TestContext): Keys {
  const folder = mkdtempSync(join(tmpdir(), 'signing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const write = (name: string, key: KeyObject): void =>
    writeFileSync(join(folder, name), key.export({ format: 'pem', type: 'pkcs8' }));
  write('rsa.key', rsa.privateKey);
  const seed = ed.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  writeFileSync(join(folder, 'ed.key'), seed.toString('base64'));
  const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });
  return {
    folder,
    zone: {
      'rsa._domainkey.example.org': { TXT: [`v=DKIM1; k=rsa; p=${spki(rsa.publicKey).toString('base64')}`] },
      'ed._domainkey.example.org': {
        TXT: [`v=DKIM1; k=ed25519; p=${spki(ed.publicKey).subarray(-32).toString('base64')}`],
      },
    },
  };
}

type Settings = NonNullable<ReturnType<typeof readSigner>>;

/** @param text the section, and sections beside it in `…` behind a line of dashes */
function read(kind: 'dkim' | 'arc', text: string, problem: (text: string) => void, findings = new Findings()) {
  const [own = '', others = ''] = text.split('---');
  const sections = [own, others].map((one) => loadText(one));
  for (const { diagnostics } of sections) assert.deepEqual(diagnostics, []);
  const [module, rest] = sections.map(({ root }) => root);
  const section = (name: string): UclObject | undefined =>
    name === (kind === 'dkim' ? 'dkim_signing' : 'arc') ? module : sectionOption(rest, name);
  return readSigner(kind, { maps: mapsOf(assert.fail), section, problem, findings, stateFolder: '/nowhere' });
}

function signer(kind: 'dkim' | 'arc', text: string): Settings {
  const findings = new Findings();
  const settings = read(kind, text, assert.fail, findings);
  assert.deepEqual(findings.list, []);
  assert.ok(settings !== undefined);
  return settings;
}

/** What the log says. */
function recorder(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    enabled: () => true,
    log: (level, module, _fn, _id, text) => lines.push(`${level} ${module}: ${text}`),
  };
}

type Request = ReadonlyArray<readonly [string, string]>;

async function sign(
  dns: DnsRig,
  text: string,
  headers: Request = ours,
  content = message,
  logger: Logger = silentLogger,
): Promise<string[]> {
  const task = makeTask({ message: content, headers, receivedAt: now }, dns.resolver);
  await runRules(task, [spfRule(), dkimRule(), dkimSigningRule(signer('dkim', text), anySuffix, logger)]);
  const { dkimSignatures } = task.reply;
  assert.equal(found(task)['DKIM_SIGNED']?.length ?? 0, dkimSignatures.length);
  return dkimSignatures;
}

test('a signed message holds wherever it comes, and not once it is changed', { timeout }, async (t) => {
  const { folder, zone } = makeKeys(t);
  const dns = await startDns(t, zone);
  for (const name of ['rsa', 'ed']) {
    const [value] = await sign(dns, `domain { "example.org" { selector = ${name}; path = "${folder}/${name}.key"; } }`);
    assert.ok(value !== undefined);
    for (const line of value.split('\r\n')) assert.ok(line.length <= 80, line);
    const verify = async (content: string): Promise<Record<string, string[]>> =>
      dns.scan({ message: content, headers: theirs, receivedAt: now }, dkimRule());
    const signed = `DKIM-Signature: ${value}\r\n${message}`;
    assert.deepEqual(await verify(signed), {
      DKIM_TRACE: ['example.org:+'],
      R_DKIM_ALLOW: [`example.org:s=${name}`],
    });
    // What relaxed signatures do not mind.
    const folded = signed
      .replace('A  line that is\r\n\tfolded', 'A line  that is folded')
      .replace('blanks \t at', 'blanks at');
    assert.deepEqual(Object.keys(await verify(`${folded}\r\n\r\n`)), ['DKIM_TRACE', 'R_DKIM_ALLOW']);
    for (const changed of [
      signed.replace('More', 'Less'),
      signed.replace('Subject: A', 'Subject: B'),
      signed.replace('To: b@', 'To: c@example.net, b@'),
      `Subject: another\r\n${signed}`,
      `Reply-To: x@example.com\r\n${signed}`,
      signed.replace(/t=\d+/, 't=1'),
    ])
      assert.deepEqual(Object.keys(await verify(changed)), ['DKIM_TRACE', 'R_DKIM_REJECT'], changed.slice(0, 300));
  }
});

test('whose mail is signed', { timeout }, async (t) => {
  const { folder, zone } = makeKeys(t);
  const dns = await startDns(t, zone);
  const path = `path = "${folder}/rsa.key";`;
  const counts = async (text: string, headers: Request, content = message): Promise<number> =>
    (await sign(dns, `${path} ${text.includes('selector') ? '' : 'selector = rsa;'} ${text}`, headers, content)).length;
  const stranger: Request = theirs;
  const user: Request = [...theirs, ['User', 'anna@example.org']];
  const network = 'sign_networks = ["192.0.2.0/24"];';
  const other: Request = [
    ['From', '<x@elsewhere.example>'],
    ['IP', '10.0.0.9'],
  ];
  assert.equal(await counts('', ours), 1);
  assert.equal(await counts('sign_local = no;', ours), 0);
  assert.equal(await counts('', stranger), 0);
  assert.equal(await counts('sign_inbound = yes;', stranger), 1);
  assert.equal(await counts(network, stranger), 1);
  assert.equal(await counts('', user), 1);
  assert.equal(await counts('sign_authenticated = no;', user), 0);
  assert.equal(await counts('', [...theirs, ['User', 'eve@example.com']]), 0);
  assert.equal(await counts('allow_username_mismatch = yes;', [...theirs, ['User', 'eve']]), 1);
  assert.equal(await counts('', other), 0);
  assert.equal(await counts('allow_hdrfrom_mismatch = yes;', other), 1);
  assert.equal(
    await counts('', [
      ['From', '<>'],
      ['IP', '10.0.0.9'],
    ]),
    1,
  );
  assert.equal(
    await counts('allow_envfrom_empty = no;', [
      ['From', '<>'],
      ['IP', '10.0.0.9'],
    ]),
    0,
  );
  const two = message.replace('anna@example.org>', 'anna@example.org>, <b@example.org>');
  assert.equal(await counts('', ours, two), 0);
  assert.equal(await counts('allow_hdrfrom_multiple = yes;', ours, two), 1);
  assert.equal(await counts('try_fallback = no;', ours), 0);
  assert.equal(await counts('check_pubkey = yes; allow_pubkey_mismatch = no;', ours), 1);
  assert.equal(await counts('check_pubkey = yes; allow_pubkey_mismatch = no; selector = ed;', ours), 0);
});

test('domain, selector and key by maps and by tables of OpenDKIM', { timeout }, async (t) => {
  const { folder, zone } = makeKeys(t);
  const dns = await startDns(t, zone);
  const tags = async (text: string): Promise<string[]> =>
    (await sign(dns, text)).map((value) => value.replace(/.*?(d=[^;]*;)\s*(s=[^;]*;).*/s, '$1 $2'));
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const selectors = file('selectors', 'example.org rsa\n');
  const paths = file('paths', `# keys\nexample.org ${folder}/$selector.key\n`);
  assert.deepEqual(await tags(`selector_map = "${selectors}"; path_map = "${paths}"; try_fallback = no;`), [
    'd=example.org; s=rsa;',
  ]);
  const table = file('table', '*@example.org main\n');
  const keys = file('keys', `main %:ed:${folder}/ed.key\n`);
  assert.deepEqual(await tags(`signing_table = "${table}"; key_table = "${keys}";`), ['d=example.org; s=ed;']);
  assert.deepEqual(await tags(`use_domain = "example.org"; path = "${folder}/$selector.key"; selector = ed;`), [
    'd=example.org; s=ed;',
  ]);
  const both = `domain { "example.org" { selectors = [
    { selector = rsa; path = "${folder}/rsa.key"; }, { selector = ed; path = "${folder}/ed.key"; } ]; } }`;
  assert.deepEqual(await tags(both), ['d=example.org; s=rsa;', 'd=example.org; s=ed;']);
});

test('a key that somebody asked for and that is not there is an error; the usual one may be missing', {
  timeout,
}, async (t) => {
  const dns = await startDns(t, {});
  const wanted = 'domain { "example.org" { selector = s; path = "/nowhere/key"; } }';
  const log = recorder();
  const failing = async (text: string): Promise<string> => {
    log.lines.length = 0;
    assert.deepEqual(await sign(dns, text, ours, message, log), []);
    return log.lines.join();
  };
  assert.match(
    await failing(wanted),
    /^error dkim_signing: signing failure: there is no key file \/nowhere\/key to sign for example\.org$/,
  );
  assert.equal(await failing('path = "/nowhere/$domain.key";'), '');
  const folder = mkdtempSync(join(tmpdir(), 'signing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'bad.key'), 'no key at all');
  assert.match(await failing(`path = "${folder}/bad.key";`), /there is no RSA or Ed25519 key in .*bad\.key/);
});

test('what cannot be had is told', { timeout }, () => {
  const told = (text: string, kind: 'dkim' | 'arc' = 'dkim'): string => {
    const problems: string[] = [];
    assert.equal(
      read(kind, text, (problem) => problems.push(problem)),
      undefined,
    );
    return problems.join();
  };
  assert.match(told('use_redis = yes;'), /^dkim_signing signs nothing: use_redis is set, but no servers are/);
  assert.match(
    told('use_redis = yes; --- redis { servers = "localhost"; disabled_modules = ["arc"]; }', 'arc'),
    /^arc signs nothing/,
  );
  assert.match(told('use_vault = yes; vault_url = "http://localhost";'), /needs vault_url and vault_token/);
  assert.match(told('sign_condition = "return 1";'), /sign_condition is a function of Lua/);
  const findings = new Findings();
  read('dkim', 'sing_local = yes; allowed_ids = ["a"]; use_esld = "never";', assert.fail, findings);
  assert.deepEqual(findings.list.length, 3, JSON.stringify(findings.list));
});

test('settings may forbid to sign', { timeout }, () => {
  const { condition } = dkimSigningRule(signer('dkim', 'forbidden_ids = ["quiet"];'), anySuffix, silentLogger);
  const allowed = (id: string | undefined): boolean | undefined =>
    condition?.({ settings: id === undefined ? undefined : { id } } as Task);
  assert.deepEqual([undefined, 'loud', 'quiet'].map(allowed), [true, true, false]);
});

test('an ARC chain grows by our sets and holds', { timeout }, async (t) => {
  const { folder, zone } = makeKeys(t);
  const dns = await startDns(t, zone);
  const rules = (name: string) => [
    spfRule(),
    dkimRule(),
    arcRule(),
    dmarcRule(stockDmarcSettings(anySuffix)),
    arcSealRule(
      signer('arc', `path = "${folder}/${name}.key"; selector = ${name}; sign_inbound = yes;`),
      anySuffix,
      silentLogger,
    ),
  ];
  let content = message;
  for (const [at, name] of ['rsa', 'ed', 'rsa'].entries()) {
    const task = makeTask({ message: content, headers: theirs, receivedAt: now }, dns.resolver);
    await runRules(task, rules(name));
    const symbols = found(task);
    if (at === 0) assert.ok('ARC_NA' in symbols);
    else assert.deepEqual(symbols['ARC_ALLOW'], [`example.org:s=${at === 1 ? 'rsa' : 'ed'}:i=${at}`]);
    assert.deepEqual(symbols['ARC_SIGNED'], [`example.org:s=${name}:i=${at + 1}`]);
    const added = [...task.reply.milter.addHeaders].map(([field, [one]]) => `${field}: ${one?.value}\r\n`);
    assert.equal(added.length, 3);
    assert.match(added.join(''), new RegExp(`ARC-Seal: i=${at + 1};[\\s\\S]*cv=${at === 0 ? 'none' : 'pass'};`));
    content = added.toReversed().join('') + content;
  }
  const check = async (text: string) => dns.scan({ message: text, headers: theirs, receivedAt: now }, arcRule());
  assert.deepEqual(await check(content), { ARC_ALLOW: ['example.org:s=rsa:i=3'] });
  assert.match(
    (await check(content.replace('More', 'Less')))['ARC_REJECT']?.[0] ?? '',
    /^signature check failed: fail/,
  );
  const bent = content.replace(/(ARC-Authentication-Results: i=1; [\s\S]*?)none/, '$1pass');
  assert.match((await check(bent))['ARC_REJECT']?.[0] ?? '', /^seal check failed: fail/);
  assert.deepEqual(await check(content.replace('i=2; a=ed25519-sha256;', 'i=4; a=ed25519-sha256;')), {
    ARC_INVALID: ['bad i for seal: 3, expected 2; d=example.org'],
  });
  // What does not hold is sealed as that, and neither we nor anybody else believes in it then.
  const broken = makeTask({ message: content.replace('More', 'Less'), headers: theirs, receivedAt: now }, dns.resolver);
  await runRules(broken, rules('rsa'));
  assert.match(broken.reply.milter.addHeaders.get('ARC-Seal')?.[0]?.value ?? '', /^i=4;[\s\S]*cv=fail;/);
  const failing = content.replace(/cv=pass;/g, 'cv=fail;');
  assert.deepEqual(await check(failing), { ARC_REJECT: ['cv is fail on i=2'] });
});
