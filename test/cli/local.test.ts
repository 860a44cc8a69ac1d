import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { projectRoot } from '../support/project.ts';

const bounded = { timeout: 60_000 };
const messages = join(projectRoot, 'fixtures/messages');

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io = {
    stdout: { write: (chunk: string | Uint8Array) => (out += chunk) },
    stderr: { write: (chunk: string | Uint8Array) => (err += chunk) },
    env: {},
    setExitCode: () => {},
  };
  const code = await main(args, io);
  return { code, out, err };
}

async function state(t: TestContext): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-local-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return ['--embedded', '--var', `DBDIR=${folder}`];
}

test('scan --local: verdicts in the order of the files, a summary', bounded, async (t) => {
  const { code, out, err } = await run('scan', '--local', ...(await state(t)), messages);
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.match(out, /gtube\.eml: reject, score 15\.00 of 15\.00.*ham\.eml: no action.*2 messages\n/s);
  assert.match(out, /^reject +1 +50\.0 % +mean score 15\.00$/m);
});

test('scan --local --json: replies as they come; a file that is not there', bounded, async (t) => {
  const { code, out } = await run('scan', '--local', '--json', ...(await state(t)), join(messages, 'gtube.eml'));
  assert.equal(code, 0);
  assert.equal((JSON.parse(out) as { action: string }).action, 'reject');
  const missing = await run('scan', '--local', ...(await state(t)), 'nowhere.eml');
  assert.equal(missing.code, 1);
  assert.match(missing.err, /nowhere\.eml/);
});

test('learn: files and folders, once', bounded, async (t) => {
  const tree = await state(t);
  assert.deepEqual(await run('learn', 'ham', ...tree, messages), { code: 0, out: 'ham: 2 learned\n', err: '' });
  const again = await run('learn', 'ham', ...tree, join(messages, 'ham.eml'));
  assert.equal(again.out, 'ham: 1 known already\n');
  const other = await run('learn', 'spam', ...tree, join(messages, 'ham.eml'));
  assert.match(other.out, /^spam: 1 learned anew/);
  assert.equal((await run('learn', 'eggs', ...tree, messages)).code, 1);
});
