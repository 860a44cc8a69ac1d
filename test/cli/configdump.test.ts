import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConfigdumpOptions, configdump, configdumpCommand } from '../../src/cli/configdump.ts';
import { fakeIo, surroundings } from '../config/support.ts';

const main = `options {
  # How long a scan may take
  task_timeout = 8s;

  /* Two lines
   * of comment */
  max_message = 50mb; # after the value
  filters = ["dkim", "spf"];
}
custom { key = "größer"; }
worker "normal" { count = 1; }
worker "rspamd_proxy" {
  bind_socket = "localhost:11332";
  upstream "local" { default = yes; hosts = "127.0.0.1"; }
  .include(try=true; priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/worker-proxy.inc"
  .include(try=true; priority=10) "$LOCAL_CONFDIR/override.d/worker-proxy.inc"
}
`;

function tree(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'configdump-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries({ 'rspamd.conf': main, ...files })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return async (paths: readonly string[], options: ConfigdumpOptions = {}) => {
    const io = fakeIo();
    const code = await configdump(
      paths,
      {
        var: [
          ['CONFDIR', folder],
          ['LOCAL_CONFDIR', folder],
        ],
        ...options,
      },
      io,
      surroundings,
    );
    return { code, out: io.out(), err: io.err() };
  };
}

test('a section in UCL', { timeout: 60_000 }, async (t) => {
  const { code, out, err } = await tree(t)(['options', 'options.filters', 'options.filters.1', 'nowhere.at.all']);
  assert.deepEqual([code, err], [0, '']);
  assert.equal(
    out,
    `*** Section options ***
task_timeout = 8.0;
max_message = 52428800;
filters [
    "dkim",
    "spf",
]

*** End of section options ***
*** Section options.filters ***
[
    "dkim",
    "spf",
]
*** End of section options.filters ***
*** Section options.filters.1 ***
"spf"
*** End of section options.filters.1 ***
Section nowhere.at.all NOT FOUND
`,
  );
});

test('a section in JSON', { timeout: 60_000 }, async (t) => {
  const dump = tree(t);
  assert.equal((await dump(['custom'], { json: true })).out, '{\n    "key": "größer"\n}\n');
  assert.equal((await dump(['custom', 'custom.key'], { compact: true })).out, '{"key":"größer"}\n"größer"\n');
});

test('the whole tree: JSON has no newline at its end, UCL has', { timeout: 60_000 }, async (t) => {
  const dump = tree(t);
  const json = (await dump([], { json: true })).out;
  assert.ok(json.endsWith('}'));
  assert.deepEqual(Object.keys(JSON.parse(json)), ['options', 'custom', 'worker']);
  assert.ok((await dump([])).out.endsWith('}\n'));
});

test('each value of a repeated key is printed, a path goes through the first', { timeout: 60_000 }, async (t) => {
  const { out } = await tree(t)(['worker', 'worker.rspamd_proxy', 'worker.normal.count'], { compact: true });
  const [first, second, ...rest] = out.split('\n');
  assert.equal(first, '{"normal":{"count":1}}');
  assert.deepEqual(Object.keys(JSON.parse(second ?? '')), ['rspamd_proxy']);
  assert.deepEqual(rest, ['Section worker.rspamd_proxy NOT FOUND', '1', '']);
});

test('what the operator changed', { timeout: 60_000 }, async (t) => {
  const dump = tree(t, {
    'local.d/worker-proxy.inc': 'milter = yes; upstream "local" { timeout = 5s; }',
    'override.d/worker-proxy.inc': 'spam_header = "X-Junk";',
  });
  assert.deepEqual(JSON.parse((await dump([], { json: true, local: true })).out), {
    worker: [{ rspamd_proxy: { upstream: { local: { timeout: 5 } }, milter: true, spam_header: 'X-Junk' } }],
  });
  assert.deepEqual(JSON.parse((await dump([], { json: true, override: true })).out), {
    worker: [{ rspamd_proxy: { spam_header: 'X-Junk' } }],
  });
  assert.equal(
    (await dump(['options'], { local: true })).out,
    'No non-default configuration found for section options\n',
  );
});

test('nothing changed', { timeout: 60_000 }, async (t) => {
  assert.equal((await tree(t)([], { local: true })).out, 'No non-default configuration found\n');
});

test('help and comments in front of options', { timeout: 60_000 }, async (t) => {
  const dump = tree(t);
  const comments = (await dump(['options'], { showComments: true })).out;
  assert.ok(comments.includes('/*\n * How long a scan may take\n */\ntask_timeout = 8.0;\n'));
  assert.ok(comments.includes('/*\n * Two lines\n * of comment\n */\nmax_message = 52428800;\n'));
  const help = (await dump([], { showHelp: true })).out;
  assert.match(
    help,
    / {4}\/\*\n {5}\* Time for a scan in this process.*\n {5}\* Type: time\n {5}\* Required: false\n {5}\*\/\n {4}task_timeout = 8\.0;/,
  );
  assert.match(help, / \* Type: string list\n +\* Required: false\n +\*\/\n +hosts = "127\.0\.0\.1";/);
});

test('groups and symbols of the tree', { timeout: 60_000 }, async (t) => {
  const groups = 'group "g" { max_score = 3.0; symbols { "A" { weight = 1.5; description = "a"; groups = ["h"]; } } }';
  const dump = tree(t, { 'rspamd.conf': `${main}\n${groups}` });
  const inGroups = await dump([], { groups: true, json: true });
  assert.deepEqual(JSON.parse(inGroups.out), {
    g: {
      public: false,
      disabled: false,
      one_shot: false,
      max_score: 3,
      min_score: null,
      symbols: { A: { score: 1.5, description: 'a', disabled: false, one_shot: false, extra_groups: ['h'] } },
    },
  });
  assert.match(inGroups.err, /only symbols that the configuration names/);
  assert.deepEqual(JSON.parse((await dump([], { symbolDetails: true, json: true })).out), {
    symbols: { A: { score: 1.5, description: 'a', disabled: false, one_shot: false, group: 'g', groups: ['h'] } },
  });
});

test('a configuration that cannot be used prints nothing', { timeout: 60_000 }, async (t) => {
  const broken = tree(t, { 'rspamd.conf': 'logging { level = "loud"; type = "console" }' });
  const { code, out, err } = await broken(['logging']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /invalid log level: loud/);
});

test('the state of modules is not known here', { timeout: 60_000 }, async (t) => {
  const { code, out, err } = await tree(t)([], { modulesState: true });
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^--modules-state: /);
});

test('the command: -h is no help', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'configdump-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'rspamd.conf'), 'logging { type = "console"; level = "info"; }');
  const io = fakeIo();
  await configdumpCommand(io).parseAsync(['-h', '-c', join(folder, 'rspamd.conf'), 'logging.level'], { from: 'user' });
  assert.deepEqual(
    [io.code(), io.out()],
    [0, '*** Section logging.level ***\n"info"\n*** End of section logging.level ***\n'],
  );
});
