import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { CommanderError } from 'commander';
import { keypairCommand } from '../../src/cli/keypair.ts';
import { encodeBase32, readKeyPair } from '../../src/wire/crypt/index.ts';

interface Done {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs the command in this process, with `answers` as its standard input. */
async function keypair(args: readonly string[], answers = ''): Promise<Done> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  let code = 0;
  const io = {
    stdout: { write: (chunk: string | Uint8Array) => out.push(Buffer.from(chunk)) },
    stderr: { write: (chunk: string | Uint8Array) => err.push(Buffer.from(chunk)) },
    env: {},
    setExitCode: (given: number) => {
      code = given;
    },
  };
  try {
    await keypairCommand(io, Readable.from([answers]))
      .exitOverride()
      .parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode;
  }
  return { out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), code };
}

function folderOf(t: TestContext): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** What a generated pair says of itself; its keys and id have the lengths of the type. */
function members(json: string): Record<string, string> {
  const { keypair: found } = JSON.parse(json) as { keypair: Record<string, string> };
  const { pubkey = '', privkey = '', id, type } = found;
  assert.equal(readKeyPair({ pubkey, privkey, type }).publicKey.id.length, 64);
  assert.equal(id, encodeBase32(readKeyPair({ pubkey, privkey, type }).publicKey.id));
  assert.equal(found['algorithm'], 'curve25519');
  return found;
}

test('a pair in UCL, with and without the word generate', async () => {
  for (const args of [[], ['generate'], ['gen'], ['g'], ['-u']]) {
    const { out, err, code } = await keypair(args);
    assert.match(
      out,
      /^keypair \{\n {4}pubkey = "[a-z0-9]{52}";\n {4}privkey = "[a-z0-9]{52}";\n {4}id = "[a-z0-9]{103}";\n {4}algorithm = "curve25519";\n {4}type = "kex";\n\}\n$/,
    );
    assert.deepEqual([err, code], ['', 0]);
  }
});

test('a pair in JSON has no newline at its end', async () => {
  for (const [args, type] of [
    [['-j'], 'kex'],
    [['gen', '-j'], 'kex'],
    [['-s', '-j'], 'sign'],
    [['-s', '-j', 'gen'], 'sign'],
    [['gen', '--sign', '--json', '--name', 'a"ż'], 'sign'],
  ] as const) {
    const { out, code } = await keypair(args);
    assert.equal(code, 0);
    assert.ok(out.endsWith('}\n}'));
    assert.equal(members(out)['type'], type);
  }
  const named = members((await keypair(['gen', '-j', '--name', 'a"ż'])).out) as unknown as {
    extensions: { name: string };
  };
  assert.equal(named.extensions.name, 'a"ż');
});

test('a file with a pair is for its owner alone', async (t) => {
  const path = folderOf(t);
  const { out, code } = await keypair(['-j', '-o', path('pair')]);
  assert.deepEqual([out, code], ['', 0]);
  members(readFileSync(path('pair'), 'utf8'));
  assert.equal(statSync(path('pair')).mode & 0o777, 0o600);
  const failed = await keypair(['-o', path('nothing/pair')]);
  assert.match(failed.err, /^cannot open output to write: .*nothing\/pair: ENOENT/);
  assert.equal(failed.code, 1);
});

test('files are signed and verified', async (t) => {
  const path = folderOf(t);
  await keypair(['-s', '-o', path('pair')]);
  for (const name of ['a', 'b']) writeFileSync(path(name), name);
  const signed = await keypair(['sign', '-k', path('pair'), path('a'), path('b')]);
  const hex = readFileSync(path('a.sig')).toString('hex');
  assert.equal(hex.length, 128);
  assert.ok(signed.out.startsWith(`signed ${path('a')} -> ${path('a')}.sig (${hex})\nsigned ${path('b')} -> `));
  const { pubkey = '' } = /pubkey = "(?<pubkey>\w+)"/.exec(readFileSync(path('pair'), 'utf8'))?.groups ?? {};
  writeFileSync(path('pub'), `${pubkey}\n`);
  for (const source of [
    ['-k', path('pair')],
    ['-P', pubkey],
    ['-p', path('pub')],
  ]) {
    const verified = await keypair(['verify', ...source, path('a'), path('b')]);
    assert.deepEqual(
      [verified.out.split('\n')[0], verified.code],
      [`verified ${path('a')} -> ${path('a')}.sig (${hex})`, 0],
    );
  }
  writeFileSync(path('a'), 'other');
  const failed = await keypair(['ver', '-P', pubkey, path('a'), path('b')]);
  assert.match(failed.out, /^FAILED to verify .*\nverified .*\n$/);
  assert.equal(failed.code, 1);
  await keypair(['s', '-k', path('pair'), '-s', 'mine', path('a')]);
  assert.equal((await keypair(['v', '-P', pubkey, '-s', 'mine', path('a')])).code, 0);
});

test('files are encrypted and decrypted', async (t) => {
  const path = folderOf(t);
  await keypair(['-o', path('pair')]);
  const { pubkey = '' } = /pubkey = "(?<pubkey>\w+)"/.exec(readFileSync(path('pair'), 'utf8'))?.groups ?? {};
  writeFileSync(path('pub'), pubkey);
  const plain = Buffer.from([0, 1, 2, 255]);
  for (const source of [
    ['-k', path('pair')],
    ['-P', pubkey],
    ['-p', path('pub')],
  ]) {
    writeFileSync(path('f'), plain);
    const encrypted = await keypair(['encrypt', '-f', '-r', ...source, path('f')]);
    assert.equal(encrypted.out, `encrypted ${path('f')} (deleted) -> ${path('f')}.enc\n`);
    assert.equal(existsSync(path('f')), false);
    const decrypted = await keypair(['decrypt', '-r', '-k', path('pair'), path('f.enc')]);
    assert.equal(decrypted.out, `decrypted ${path('f')}.enc (removed) -> ${path('f')}\n`);
    assert.deepEqual(readFileSync(path('f')), plain);
    assert.equal(existsSync(path('f.enc')), false);
  }
  assert.equal((await keypair(['e', '-k', path('pair'), '-s', '', '-r', '-f', path('f')])).code, 0);
  assert.equal(readFileSync(path('f')).toString('latin1', 0, 7), 'ruclev1');
  assert.equal((await keypair(['d', '-k', path('pair'), path('f')])).code, 1, 'there is no suffix to take off');
  assert.equal((await keypair(['d', '-S', '-k', path('pair'), path('f')])).code, 0);
  assert.deepEqual(readFileSync(path('f')), plain);
});

test('before a file is overwritten the user is asked, once for each', async (t) => {
  const path = folderOf(t);
  await keypair(['-o', path('pair')]);
  for (const name of ['f', 'g']) writeFileSync(path(name), name);
  for (const name of ['f.enc', 'g.enc']) writeFileSync(path(name), 'old');
  const run = (answers: string) => keypair(['encrypt', '-k', path('pair'), path('f'), path('g')], answers);
  for (const answers of ['n\n', '', 'what?\n']) {
    const done = await run(answers);
    assert.deepEqual([done.code, done.err], [1, `File ${path('f.enc')} already exists, overwrite?[Y/n]: `]);
    assert.equal(readFileSync(path('f.enc'), 'utf8'), 'old');
  }
  assert.equal((await run('y\nn\n')).code, 1);
  assert.equal(readFileSync(path('f.enc'), 'latin1').slice(0, 7), 'ruclev1');
  assert.equal(readFileSync(path('g.enc'), 'utf8'), 'old');
  assert.equal((await run('\nYES\n')).code, 0);
  assert.equal(readFileSync(path('g.enc'), 'latin1').slice(0, 7), 'ruclev1');
});

test('what cannot be done is said, and exits with 1', async (t) => {
  const path = folderOf(t);
  await keypair(['-o', path('kex')]);
  await keypair(['-s', '-o', path('sig')]);
  writeFileSync(path('f'), 'f');
  writeFileSync(
    path('f.enc'),
    'no encrypted file, but long enough to be one, which takes some eighty letters or so, like these',
  );
  writeFileSync(path('empty'), 'foo { bar = 1 }');
  writeFileSync(path('broken'), 'keypair { privkey = "secretsecret');
  const another = (_: string, first: string): string => `pubkey = "${first === 'b' ? 'y' : 'b'}`;
  writeFileSync(path('mixed'), readFileSync(path('kex'), 'utf8').replace(/pubkey = "(.)/, another));
  const [kex, sig] = [path('kex'), path('sig')];
  const cases: ReadonlyArray<readonly [args: string[], message: RegExp]> = [
    [['bogus'], /too many arguments|unknown command/],
    [['gen', 'more'], /too many arguments/],
    [['--bogus'], /^option parsing failed: unknown option '--bogus'/],
    [['-j', '-u'], /cannot be used with option/],
    [['-n'], /^--nist: Rspamd has no NIST keys since 3\.10/],
    [['sign'], /missing required argument 'file'/],
    [['sign', path('f')], /^no keypair specified\n$/],
    [['sign', '-k', path('nothing'), path('f')], /^cannot load .*nothing/],
    [['sign', '-k', path('empty'), path('f')], /there is no pubkey in it/],
    [['sign', '-k', path('broken'), path('f')], /^cannot load .*broken:\d+: /],
    [['encrypt', '-k', path('mixed'), path('f')], /cannot load keypair: .*mixed: .*(?:does not belong|base32)/],
    [['sign', '-k', kex, path('f')], /is for encryption, not for signatures/],
    [['sign', '-k', sig, path('nothing')], /^cannot read .*nothing: ENOENT/],
    [['verify', '-k', sig, path('f')], /^cannot read .*f\.sig: ENOENT/],
    [['verify', path('f')], /^no public key specified/],
    [['verify', '-P', 'abc', path('f')], /^cannot create pubkey: abc is not base32 of 32 bytes/],
    [['verify', '-p', path('nothing'), path('f')], /^cannot read .*nothing/],
    [['encrypt', '-k', sig, path('f')], /is for signatures, not for encryption/],
    [['encrypt', '-k', kex, '-P', 'abc', path('f')], /cannot be used with option/],
    [['decrypt', '-k', sig, path('f.enc')], /is for signatures, not for encryption/],
    [['decrypt', '-k', kex, path('f.enc')], /^cannot decrypt .*f\.enc: .*no file encrypted by rspamadm/],
  ];
  for (const [args, message] of cases) {
    const { out, err, code } = await keypair(args);
    assert.match(err, message, args.join(' '));
    assert.deepEqual([out, code], ['', 1], args.join(' '));
    assert.ok(!err.includes('secretsecret'), 'no part of a private key is shown');
  }
  assert.equal(readFileSync(path('f'), 'utf8'), 'f');
});

const installed = spawnSync('rspamadm', ['--version'], { stdio: 'ignore', timeout: 60_000 }).error === undefined;

test('rspamadm and we take what the other made', {
  skip: installed ? false : 'rspamadm is not installed',
  timeout: 60_000,
}, async (t) => {
  const path = folderOf(t);
  const rspamadm = (...args: string[]): string => {
    const done = spawnSync('rspamadm', ['keypair', ...args], { encoding: 'latin1', timeout: 60_000 });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
  };
  const signtool = (...args: string[]): number | null =>
    spawnSync('rspamadm', ['signtool', ...args], { stdio: 'ignore', timeout: 60_000 }).status;
  writeFileSync(path('f'), 'content');
  for (const json of [[], ['-j']]) {
    writeFileSync(path('theirs'), rspamadm('-s', ...json));
    await keypair(['-s', ...json, '-o', path('ours')]);
    for (const name of ['theirs', 'ours']) {
      const signed = await keypair(['sign', '-k', path(name), path('f')]);
      assert.equal(rspamadm('verify', '-k', path(name), path('f')), signed.out.replace(/^signed/, 'verified'));
      assert.equal(rspamadm('sign', '-k', path(name), path('f')), signed.out);
      assert.equal((await keypair(['verify', '-k', path(name), path('f')])).code, 0);
      assert.equal(signtool('-k', path(name), path('f')), 0);
      assert.equal((await keypair(['verify', '-k', path(name), path('f')])).code, 0);
      await keypair(['sign', '-k', path(name), path('f')]);
      const { pubkey = '' } = /pubkey"? *[=:] *"(?<pubkey>\w+)"/.exec(readFileSync(path(name), 'utf8'))?.groups ?? {};
      assert.equal(signtool('-v', '-p', pubkey, path('f')), 0);
    }
    writeFileSync(path('theirs'), rspamadm(...json));
    await keypair([...json, '-o', path('ours')]);
    for (const name of ['theirs', 'ours']) {
      const encrypted = await keypair(['encrypt', '-f', '-k', path(name), path('f')]);
      assert.equal(encrypted.out, `encrypted ${path('f')} -> ${path('f')}.enc\n`);
      assert.match(rspamadm('decrypt', '-f', '-k', path(name), path('f.enc')), /^decrypted /);
      // rspamadm removes the file it says it wrote.
      writeFileSync(path('f'), 'content');
    }
  }
});
