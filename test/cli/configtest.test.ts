import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConfigtestOptions, configtest, configtestCommand } from '../../src/cli/configtest.ts';
import { fakeIo, surroundings } from '../config/support.ts';

/** A folder with these files, which goes away with the test. */
function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'configtest-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function run(options: ConfigtestOptions, io = fakeIo()) {
  const code = await configtest(options, io, surroundings);
  return { code, out: io.out(), err: io.err() };
}

const good = `
logging { type = "console"; level = "info" }
worker "rspamd_proxy" {
  bind_socket = "localhost:11332";
  bind_socket = "/run/p.sock mode=0660";
  milter = yes;
  timeout = 10s;
  upstream {
    scanners { default = yes; hosts = "master-slave:10.0.0.1,[2001:db8::1]:11335:5"; }
    spare { self_scan = yes; default = no; }
    old { hosts = "h"; enabled = no; }
  }
}
worker "controller" { count = 1; }
`;

test('standard output is "syntax OK" alone; the rest explains', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, { 'rspamd.conf': good });
  const { code, out, err } = await run({ config: join(folder, 'rspamd.conf') });
  assert.deepEqual([code, out], [0, 'syntax OK\n']);
  for (const line of [
    `configuration: ${folder}/rspamd.conf`,
    `worker rspamd_proxy, ${folder}/rspamd.conf:3`,
    '  listens on localhost:11332 for milter',
    '  listens on /run/p.sock (mode 0660) for milter',
    '  upstream scanners: 10.0.0.1:11333, [2001:db8::1]:11335 weight 5 (master-slave), 10 s for a try, default',
    '  upstream spare: scans in this process',
    '  switched off: old',
    'log: standard error, level info',
    'workers of other types, not run by this proxy: controller',
  ]) {
    assert.ok(err.split('\n').includes(line), `${line}\nis missing in\n${err}`);
  }
});

test('-q is silent about a good file and leaves only complaints about a bad one', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, { 'good.conf': good, 'bad.conf': 'worker "proxy" { }' });
  assert.deepEqual(await run({ config: join(folder, 'good.conf'), quiet: true }), { code: 0, out: '', err: '' });
  const bad = await run({ config: join(folder, 'bad.conf'), quiet: true });
  assert.deepEqual([bad.code, bad.out], [1, '']);
  assert.match(bad.err, /^\S+bad\.conf:1:8: unknown worker type: proxy$/m);
});

test('syntax and meaning both make it bad', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, {
    'syntax.conf': 'worker "rspamd_proxy" {',
    'meaning.conf': 'logging { type = "file" }',
  });
  for (const name of ['syntax.conf', 'meaning.conf', 'nowhere.conf']) {
    const { code, out, err } = await run({ config: join(folder, name) });
    assert.deepEqual([code, out], [1, 'syntax BAD\n'], name);
    assert.match(err, new RegExp(name));
  }
});

test('how connections are protected is told', { timeout: 60_000 }, async (t) => {
  const key = 'y'.repeat(52);
  const pair = `keypair { pubkey = "${key}"; privkey = "${key}"; }`;
  const worker = (lines: string): string => `worker "rspamd_proxy" { bind_socket = "localhost:1"; ${lines} }`;
  const target = `hosts = "a.example"; key = "${key}"; ssl = yes; compress = yes;`;
  const told = async (content: string): Promise<string> => {
    const folder = folderWith(t, { 'rspamd.conf': content });
    return (await run({ config: join(folder, 'rspamd.conf') })).err;
  };
  const all = await told(worker(`${pair} ${pair} encrypted_only = yes; upstream "u" { default = yes; ${target} }`));
  assert.match(all, / {2}takes encrypted requests, with 2 key pairs; plain ones from this machine only\n/);
  assert.match(all, / {2}upstream u: a\.example:11333, over TLS, encrypted, compressed, 120 s for a try, default\n/);
  const alone = await told(worker('encrypted_only = yes; upstream "u" { self_scan = yes; }'));
  assert.match(alone, / {2}takes requests from this machine only: encrypted_only without a keypair\n/);
  const milter = 'milter = yes; ssl_cert = "c"; ssl_key = "k"; upstream "u" { self_scan = yes; }';
  assert.match(await told(worker(milter).replace('localhost:1', 'localhost:1 ssl')), /no MTA speaks TLS to a milter/);
});

test('-s takes warnings for errors and counts them, but not notices', { timeout: 60_000 }, async (t) => {
  const warned = good.replace('milter = yes;', 'milter = yes; reject_mesage = "no";');
  const noticed = good.replace('milter = yes;', 'milter = yes; type = "rspamd_proxy";');
  const folder = folderWith(t, { 'warned.conf': warned, 'noticed.conf': noticed });
  assert.equal((await run({ config: join(folder, 'warned.conf') })).code, 0);
  const strict = await run({ config: join(folder, 'warned.conf'), strict: true });
  assert.deepEqual([strict.code, strict.out], [1, '1 errors found\nsyntax BAD\n']);
  const notice = await run({ config: join(folder, 'noticed.conf'), strict: true });
  assert.deepEqual([notice.code, notice.out], [0, 'syntax OK\n']);
  assert.match(notice.err, /noticed\.conf:6: notice: unknown worker attribute: type; /);
});

test('a worker-proxy.inc by itself is merged over the stock worker', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, {
    'plain.inc': 'bind_socket = "*:25";\nupstream "other" { hosts = "10.0.0.9"; default = yes; }\n',
    'a "quoted" $HOSTNAME name.inc': 'milter = no;\n',
  });
  const plain = await run({ workerConfig: join(folder, 'plain.inc') });
  assert.deepEqual([plain.code, plain.out], [0, 'syntax OK\n']);
  assert.match(plain.err, /listens on all addresses, port 25 for milter/);
  assert.match(plain.err, /upstream other: 10\.0\.0\.9:11333, 60 s for a try, default/);
  assert.match(plain.err, /upstream local: localhost:11333, 60 s for a try$/m);
  const odd = await run({ workerConfig: join(folder, 'a "quoted" $HOSTNAME name.inc') });
  assert.match(odd.err, /listens on localhost:11332 for HTTP/);
  assert.equal((await run({ workerConfig: join(folder, 'missing.inc') })).code, 1);
});

test('only one configuration can be named', { timeout: 60_000 }, async () => {
  const both = await run({ config: 'a', workerConfig: 'b' });
  assert.deepEqual(
    [both.code, both.err],
    [1, '--config and --worker-config name different configurations; use one of them\n'],
  );
  assert.equal((await run({ config: 'a', embedded: true })).code, 1);
  const embedded = await run({ embedded: true });
  assert.deepEqual([embedded.code, embedded.out], [0, 'syntax OK\n']);
  assert.match(embedded.err, /^ {2}listens on 127\.0\.0\.1:11332 for milter$/m);
});

test('Lua files give names to templates, later ones over earlier ones', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, {
    'rspamd.conf': `worker "rspamd_proxy" {
  bind_socket = "localhost:{= env.port =}";
  milter = {= milter =};
  upstream "a" { default = yes; hosts = [{% for h in scanners.near %}"{= h =}",{% endfor %}]; }
}`,
    'one.lua': 'local ports = { 1, 2 }\nreturn { port = ports[2], milter = true, skipped = print }',
    'two.lua': "return { port = 10000 + 25, scanners = { near = { '10.0.0.1', '10.0.0.2' } } }",
    'broken.lua': 'return {\n  port = \n}',
    'failing.lua': "error('no ports today')",
    'nothing.lua': 'return 5',
    'endless.lua': 'local t = {} t.t = t return t',
  });
  const config = join(folder, 'rspamd.conf');
  const env = (...names: string[]) => names.map((name) => join(folder, name));
  const { code, err } = await run({ config, luaEnv: env('one.lua', 'two.lua') });
  assert.equal(code, 0, err);
  assert.match(err, /listens on localhost:10025 for milter/);
  assert.match(err, /upstream a: 10\.0\.0\.1:11333, 10\.0\.0\.2:11333/);
  const complaints = {
    'broken.lua': /^error: cannot load lua file \S+broken\.lua: \S*broken\.lua:3: unexpected symbol near '}'/m,
    'failing.lua': /cannot load lua file \S+: \S*failing\.lua:1: no ports today/,
    'nothing.lua': /invalid return type when loading env from \S+nothing\.lua: number instead of a table/,
    'endless.lua': /cannot use what lua file \S+ returns: tables are nested more than 32 deep/,
    'missing.lua': /cannot load lua file \S+: cannot open \S+missing\.lua: No such file or directory/,
  };
  for (const [name, complaint] of Object.entries(complaints)) {
    const bad = await run({ config, luaEnv: env('one.lua', 'two.lua', name) });
    assert.deepEqual([bad.code, bad.out], [1, 'syntax BAD\n'], name);
    assert.match(bad.err, complaint, name);
  }
});

test('a name that nobody knows: fatal for a listener, not for a scanner', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, {
    'listener.conf': good.replace('localhost:11332', 'nobody.invalid:11332'),
    'scanner.conf': good.replace('10.0.0.1', 'nobody.invalid'),
  });
  const listener = await run({ config: join(folder, 'listener.conf') });
  assert.equal(listener.code, 1);
  assert.match(
    listener.err,
    /cannot parse bind line: nobody\.invalid:11332; address resolution for nobody\.invalid failed/,
  );
  const scanner = await run({ config: join(folder, 'scanner.conf') });
  assert.equal(scanner.code, 0);
  assert.match(scanner.err, /address resolution for nobody\.invalid failed at config time; deferring/);
});

test('a complaint about one host points at it', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, { 'rspamd.conf': good.replace('10.0.0.1,', '10.0.0.1, unix:/x,') });
  const { code, err } = await run({ config: join(folder, 'rspamd.conf') });
  assert.equal(code, 0);
  assert.match(err, /rspamd\.conf:9:63: warning: host unix:\/x is not used: /);
});

test('the command takes variables before and after its name', { timeout: 60_000 }, async (t) => {
  const folder = folderWith(t, {
    'rspamd.conf': '.include "$CONFDIR/worker.conf"',
    'worker.conf': 'worker "rspamd_proxy" { bind_socket = "localhost:$P"; upstream "a" { self_scan = yes; } }',
  });
  const io = fakeIo();
  await configtestCommand(io).parseAsync([`--var=CONFDIR=${folder}`, '--var', 'P=10025'], { from: 'user' });
  assert.deepEqual([io.code(), io.out()], [0, 'syntax OK\n'], io.err());
  assert.match(io.err(), /listens on localhost:10025 for HTTP/);
});

test('a flag that does not exist', { timeout: 60_000 }, async () => {
  const io = fakeIo();
  const parsed = configtestCommand(io).exitOverride().parseAsync(['--nosuch'], { from: 'user' });
  await assert.rejects(parsed, { exitCode: 1 });
  assert.match(io.err(), /^option parsing failed: unknown option '--nosuch'/);
});

test('key material in a broken file is not shown', { timeout: 60_000 }, async (t) => {
  const key = 'b'.repeat(52);
  const folder = folderWith(t, {
    'rspamd.conf': `worker "rspamd_proxy" { keypair { pubkey = "x"; privkey = "${key}" oops = 1; } }`,
  });
  const { code, err } = await run({ config: join(folder, 'rspamd.conf') });
  assert.equal(code, 1);
  assert.match(err, /rspamd\.conf:1:/);
  assert.ok(!err.includes('bbbbbbbb'));
});

test('what the scan engine cannot use is told, where one is wanted', { timeout: 60_000 }, async (t) => {
  const broken =
    'composites { BAD { expression = "A & (B"; } } milter_headers { use = ["x-nobody"]; } ratelimit { timeout = 5min; } ' +
    'antivirus { enabled = false; } url_suspect { custom_checks { } } hfilter { helo_enable = true; }';
  const tree = (upstream: string) => `${broken} worker "rspamd_proxy" { bind_socket = "localhost:1"; ${upstream} }`;
  const folder = folderWith(t, {
    'scans.conf': tree('upstream "s" { self_scan = yes; default = yes; }'),
    'asks.conf': tree('upstream "s" { hosts = "127.0.0.1"; default = yes; }'),
  });
  const scans = await run({ config: join(folder, 'scans.conf'), quiet: true });
  assert.equal(scans.code, 0);
  assert.match(scans.err, /warning: cannot parse composite expression for BAD/);
  assert.match(scans.err, /warning: milter_headers: there is no routine x-nobody/);
  assert.match(scans.err, /notice: sections without effect .*: ratelimit\n/);
  assert.match(scans.err, /scans\.conf:1: notice: option custom_checks has no effect yet: /);
  assert.match(scans.err, /scans\.conf:1:\d+: warning: unknown option helo_enable in section hfilter has no effect\n/);
  assert.match(scans.err, /hint: did you mean helo_enabled\?\n/);
  const asks = await run({ config: join(folder, 'asks.conf'), quiet: true });
  assert.doesNotMatch(asks.err, /composite|milter_headers|ratelimit/);
});
