import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { locate } from '../../src/config/locate.ts';
import { embeddedTree } from '../../src/config/stock.ts';
import { makeWorld } from '../../src/config/variables.ts';
import { build } from './support.ts';

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'load-'));
  t.after(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

test('CONFDIR of the command line wins', { timeout: 60_000 }, () => {
  assert.deepEqual(locate(undefined, '/x'), { file: '/x/rspamd.conf', confdir: '/x', from: 'variable' });
  assert.deepEqual(locate('/y/main.conf', '/x'), { file: '/y/main.conf', confdir: '/x', from: 'variable' });
});

test('without a file it is that of the package, if there is one', { timeout: 60_000 }, (t) => {
  const etc = folder(t, { 'package/rspamd.conf': 'a = 1' });
  const [there, missing] = [join(etc, 'package'), join(etc, 'missing')];
  assert.deepEqual(locate(undefined, undefined, [missing, there]), {
    file: join(there, 'rspamd.conf'),
    confdir: there,
    from: 'package',
  });
  assert.deepEqual(locate(undefined, undefined, [missing]), { file: undefined, confdir: missing, from: 'package' });
});

test('a whole tree beside the main file is read as one', { timeout: 60_000 }, (t) => {
  const content = `.include "$CONFDIR/common.conf"
    .include(try=true) "$CONFDIR/not-there.conf"
    options { .include "\${CONFDIR}/options.inc"
    .include "$LOCAL_CONFDIR/other.inc" }`;
  const etc = folder(t, {
    'rspamd.conf': content,
    'common.conf': '',
    'options.inc': '',
    'half/rspamd.conf': content,
    'half/common.conf': '',
  });
  const at = (file: string) => locate(join(etc, file), undefined, ['/etc/package']);
  assert.deepEqual(at('rspamd.conf'), { file: join(etc, 'rspamd.conf'), confdir: etc, from: 'main file' });
  assert.equal(at('half/rspamd.conf').confdir, '/etc/package', 'one file is missing there');
  assert.equal(at('nowhere.conf').confdir, '/etc/package');
});

const sources = { confdir: '/etc/rspamd', vars: [], env: {}, hostname: 'mx1' };

test('variables come in the order and with the values of the Debian package', { timeout: 60_000 }, () => {
  assert.deepEqual(makeWorld(sources).variables, [
    ['CONFDIR', '/etc/rspamd'],
    ['LOCAL_CONFDIR', '/etc/rspamd'],
    ['RUNDIR', '/run/rspamd'],
    ['DBDIR', '/var/lib/rspamd'],
    ['LOGDIR', '/var/log/rspamd'],
    ['PLUGINSDIR', '/usr/share/rspamd/plugins'],
    ['SHAREDIR', '/usr/share/rspamd'],
    ['RULESDIR', '/usr/share/rspamd/rules'],
    ['WWWDIR', '/usr/share/rspamd/www'],
    ['PREFIX', '/usr'],
    ['VERSION', '4.1.6'],
    ['VERSION_MAJOR', '4'],
    ['VERSION_MINOR', '1'],
    ['BRANCH_VERSION', '4'],
    ['HOSTNAME', 'mx1'],
  ]);
});

test('--var redefines in place or adds at the end; names that differ in case are one', { timeout: 60_000 }, () => {
  const vars = [
    ['MyVar', '1'],
    ['RUNDIR', '/r'],
    ['MYVAR', '2'],
  ] as const;
  const { variables } = makeWorld({ ...sources, vars });
  assert.deepEqual(variables[2], ['RUNDIR', '/r']);
  assert.deepEqual(variables.at(-1), ['MyVar', '2']);
});

test('what templates see: variables, release, RSPAMD_ environment, paths', { timeout: 60_000 }, () => {
  const { template } = makeWorld({
    ...sources,
    vars: [
      ['A', 'var'],
      ['B', 'var'],
      ['DBDIR', '/db'],
    ],
    env: { RSPAMD_A: 'env', RSPAMD_EMPTY: '', HOME: '/root', DBDIR: '/other', WWWDIR: '/w', RSPAMD_U: 'ü' },
  });
  const { env, paths } = template;
  assert.deepEqual([env.get('A'), env.get('B'), env.get('EMPTY'), env.get('HOME')], ['env', 'var', '', undefined]);
  assert.deepEqual([env.get('ver_major'), env.get('version'), env.get('hostname')], ['4', '4.1.6', 'mx1']);
  assert.equal(env.get('ver_num'), 1126999418470400);
  assert.equal(env.get('U'), '\xc3\xbc', 'bytes, as everything in a configuration');
  assert.deepEqual(
    [paths.get('DBDIR'), paths.get('WWWDIR'), paths.get('LUALIBDIR')],
    ['/db', '/w', '/usr/share/rspamd/lualib'],
  );
});

test('the embedded configuration: a milter and an HTTP port that scan by themselves', { timeout: 60_000 }, () => {
  const { config, findings } = build(embeddedTree);
  assert.deepEqual(findings, []);
  assert.deepEqual(
    config.workers.map(({ milter, listeners, upstreams }) => [milter, listeners[0]?.line, upstreams[0]?.self_scan]),
    [
      [true, '127.0.0.1:11332', true],
      [false, '127.0.0.1:11333', true],
    ],
  );
  assert.deepEqual([config.logging.type, config.logging.level], ['console', 'info']);
});
