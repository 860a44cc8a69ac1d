import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { type ConfighelpOptions, confighelp, confighelpCommand } from '../../src/cli/confighelp.ts';
import { fakeIo } from '../config/support.ts';

function help(paths: readonly string[], options: ConfighelpOptions = {}, io = fakeIo()) {
  const code = confighelp(paths, options, io);
  return { code, out: io.out(), err: io.err() };
}

test('the text of one option', { timeout: 60_000 }, () => {
  assert.deepEqual(help(['workers.rspamd_proxy.max_retries']), {
    code: 0,
    err: '',
    out: `Showing help for workers.rspamd_proxy.max_retries:
Configuration element: workers.rspamd_proxy.max_retries
\tDescription: Tries in all that a message gets when hosts cannot be reached or fail in the middle of an answer
\tType: uint
\tRequired: false
\tDefault: 5
\tSince: 1.5.3

`,
  });
});

test('sections inside come in the order of rspamadm, one tab deeper', { timeout: 60_000 }, () => {
  const { out } = help(['workers.rspamd_proxy'], { short: true });
  const names = [...out.matchAll(/^(\t*)Configuration element: (\S+)$/gm)].map(
    ([, tabs = '', name]) => `${tabs.length} ${name}`,
  );
  assert.equal(names[0], '0 workers.rspamd_proxy');
  assert.equal(names[1], '1 upstream', 'upstream is one of the names that come first');
  assert.ok(names.includes('2 token_bucket') && names.includes('3 base_cost'));
  const own = names.filter((name) => name.startsWith('1 ') && name !== '1 upstream');
  assert.deepEqual(own, [...own].sort());
});

test('upstream and mirror are explained option by option, with defaults and versions', { timeout: 60_000 }, () => {
  for (const path of ['upstream', 'mirror', 'workers.rspamd_proxy.upstream']) {
    const { out } = help([path], { json: true });
    const options = Object.entries(JSON.parse(out)[path]).filter(([, value]) => typeof value === 'object');
    assert.ok(options.length > 10, path);
    for (const [name, value] of options) {
      const { data, since } = value as { data?: string; since?: string };
      assert.ok(data !== undefined && since !== undefined, `${path}.${name}`);
    }
  }
});

test('JSON of a section: attributes, then what is inside', { timeout: 60_000 }, () => {
  const { out } = help(['options.upstream'], { json: true });
  assert.ok(out.startsWith('{\n    "options.upstream": {\n        "data": '));
  const { 'options.upstream': section } = JSON.parse(out);
  assert.deepEqual([section.type, section.required], ['object', false]);
  const { type, required, default: usual } = section.revive_time;
  assert.deepEqual([type, required, usual], ['time', false, '60s']);
  assert.equal(help(['options.upstream'], { compact: true }).out.split('\n').length, 2);
});

test('a search goes through names and texts', { timeout: 60_000 }, () => {
  const { out } = help(['retransmits'], { keyword: true });
  assert.match(out, /^Showing help for keyword retransmits:\n/);
  assert.match(out, /^Configuration element: \.options\.dns\.retransmits$/m);
  assert.match(out, /^Configuration element: \.options\.dns_retransmits$/m);
  assert.deepEqual(help(['no-such-word-at-all'], { keyword: true, json: true }), { code: 0, err: '', out: '{}\n' });
});

test('what has no help', { timeout: 60_000 }, () => {
  assert.deepEqual(help(['nosuch']), { code: 1, err: 'Cannot find help for nosuch\n', out: '' });
  const { code, out } = help(['nosuch', 'worker.count'], { short: true });
  assert.deepEqual([code, out], [1, 'Showing help for worker.count:\nConfiguration element: worker.count\n\n']);
  assert.equal(help([], { plugins: '/p' }).code, 1);
});

test('everything, and every text is there', { timeout: 60_000 }, () => {
  const { out } = help([]);
  assert.match(out, /^Showing help for all options:\nConfiguration element: options\n/);
  assert.doesNotMatch(out, /undefined|Description: \n/);
});

test('colours are for terminals only', { timeout: 60_000 }, () => {
  const colored = (options: ConfighelpOptions, io = fakeIo({ tty: true })) =>
    help(['worker.count'], options, io).out.includes('\x1b[');
  assert.equal(colored({}), true);
  assert.equal(colored({ color: false }), false);
  assert.equal(colored({}, fakeIo()), false);
  assert.equal(colored({}, fakeIo({ tty: true, env: { NO_COLOR: '1' } })), false);
  assert.equal(colored({ json: true }), false);
});

test('the command takes the flags of rspamadm', { timeout: 60_000 }, async () => {
  const io = fakeIo();
  await confighelpCommand(io).parseAsync(['--no-color', '--short', '--no-examples', 'options.dns.timeout'], {
    from: 'user',
  });
  assert.equal(io.out(), 'Showing help for options.dns.timeout:\nConfiguration element: options.dns.timeout\n\n');
  assert.equal(io.code(), 0);
});

/** What Debian's rspamadm knows of a section; undefined without it. */
function rspamadm(path: string): Record<string, { type?: string }> | undefined {
  try {
    const out = execFileSync('rspamadm', ['confighelp', '-j', path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(out)[path];
  } catch {
    return undefined;
  }
}

for (const path of ['workers.rspamd_proxy', 'worker', 'logging', 'options']) {
  const theirs = rspamadm(path);
  test(`every option that rspamadm has in ${path} is here, of the same type`, {
    timeout: 60_000,
    skip: theirs === undefined && 'no rspamadm here',
  }, () => {
    const ours = JSON.parse(help([path], { json: true }).out)[path];
    for (const [name, { type }] of Object.entries(theirs ?? {})) {
      if (typeof theirs?.[name] !== 'object') continue;
      assert.ok(name in ours || `log_${name}` in ours || aliasesOf(ours).includes(name), `${path}.${name}`);
      // The proxy reads these by their own rules, and says which type that makes them.
      if (type !== undefined && ours[name]?.type !== undefined) assert.equal(ours[name].type, type, `${path}.${name}`);
    }
  });
}

function aliasesOf(section: Record<string, { aliases?: string[] }>): string[] {
  return Object.values(section).flatMap((option) => option.aliases ?? []);
}
