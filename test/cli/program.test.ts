import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { projectRoot } from '../support/project.ts';
import { executable } from '../support/proxy-process.ts';

const timeout = 120_000;

function ended(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [executable, ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
    input: '',
  });
  return { code: status, out: stdout, err: stderr };
}

test('a reader that has seen enough ends a command without a word', { timeout }, () => {
  for (const command of [
    'confighelp -j',
    'confighelp',
    'control --help',
    '--help',
    'lua -e \'print(("x"):rep(1e6))\'',
  ]) {
    const script = `'${process.execPath}' '${executable}' ${command} | true`;
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(stderr, '', command);
  }
});

test('files and addresses that are none are told in plain words, and the exit code is 1', { timeout }, () => {
  const ham = 'fixtures/messages/ham.eml';
  const cases: ReadonlyArray<readonly [said: RegExp, ...args: string[]]> = [
    [/^\/nonexistent: no such file or directory\n$/, 'scan', '/nonexistent'],
    [/^\/nonexistent: no such file or directory\n$/, 'scan', '--embedded', '--local', '/nonexistent'],
    [/^\/nonexistent: no such file or directory\n$/, 'learn', '--embedded', 'ham', '/nonexistent'],
    [/^fixtures\/messages: this is a folder; --local scans all that is in it\n$/, 'scan', 'fixtures/messages'],
    [/^127\.0\.0\.1:99999 is no address of an HTTP listener: /, 'scan', '--connect', '127.0.0.1:99999', ham],
    [/: there is no host nowhere\.invalid\n$/, 'scan', '--connect', 'nowhere.invalid', ham],
    [/: nothing listens on \/nonexistent; start the proxy/, 'scan', '--connect', '/nonexistent', ham],
    [/^\/nonexistent: no such file or directory\n$/, 'compare-script', '/nonexistent', '-'],
    [/^-: there is no message in it\n$/, 'compare-script', 'fixtures/messages/ham.eml', '-'],
    [/^rspamd-proxy: there is no command nonsense; /, 'nonsense'],
  ];
  for (const [said, ...args] of cases) {
    const { code, out, err } = ended(...args);
    assert.match(err, said, args.join(' '));
    assert.deepEqual([code, out], [1, ''], args.join(' '));
  }
});
