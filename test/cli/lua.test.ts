import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import type { Io } from '../../src/cli/io.ts';
import { type LuaCommandOptions, runLua } from '../../src/cli/lua.ts';
import { main } from '../../src/cli/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-lua-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function capture(): { readonly io: Io; readonly texts: { out: string; err: string } } {
  const texts = { out: '', err: '' };
  const io: Io = {
    stdout: { write: (chunk) => (texts.out += String(chunk)) },
    stderr: { write: (chunk) => (texts.err += String(chunk)) },
    env: {},
    setExitCode: () => {},
  };
  return { io, texts };
}

async function run(files: readonly string[], options: LuaCommandOptions = {}, input = ''): Promise<Ran> {
  const { io, texts } = capture();
  const code = await runLua(files, options, io, Readable.from([input]) as unknown as NodeJS.ReadableStream);
  return { code, ...texts };
}

test('a file runs with modules, arguments and the log of rspamadm', async () => {
  const path = file(
    'ok.lua',
    `local logger = require 'rspamd_logger'
     logger.errx('bad %s', 1) logger.messagex('notice') logger.infox('hidden')
     print(arg[1], arg[2], require('rspamd_util').encode_base64('x'))`,
  );
  assert.deepEqual(await run([path], { args: ['a', 'ü'] }), { code: 0, out: 'notice\na\tü\teA==\n', err: 'bad 1\n' });
  assert.match((await run([path], { args: [], verbose: true })).out, /hidden/);
});

test('what fails says where, and exits with 1', async () => {
  const boom = file('boom.lua', `print('before')\nerror('boom')`);
  const failed = await run([boom, file('never.lua', `print('never')`)]);
  assert.equal(failed.code, 1);
  assert.equal(failed.out, 'before\n');
  assert.match(
    failed.err,
    /^call to \S+boom\.lua failed: \S+boom\.lua:2: boom; trace: \[1\]:\{\[C\]:-1 - error \[C\]\};/,
  );
  const broken = await run([file('broken.lua', 'x x')]);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /^cannot load script \S+broken\.lua: \S+broken\.lua:1: '=' expected near 'x'\n$/);
  const missing = await run([join(folder, 'missing.lua')]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /No such file or directory/);
});

test('-e shows what an expression gives, and runs statements', async () => {
  assert.deepEqual(await run([], { exec: '1 + 1, {1, 2}, "ü"' }), {
    code: 0,
    out: '2\n{[1] = 1, [2] = 2}\nü\n',
    err: '',
  });
  assert.deepEqual(await run([], { exec: 'local x = 5; print(x)' }), { code: 0, out: '5\n', err: '' });
  const bad = await run([], { exec: 'x x' });
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^cannot load string x x: /);
  assert.equal((await run([], { exec: 'error("no")' })).code, 1);
});

test('lines of standard input run one by one, those in braces together', async () => {
  const ran = await run([], {}, 'a = 3\na + 1\nx x\n{{\nfor i = 1, 2 do\nprint(i)\nend\n}}\n');
  assert.equal(ran.code, 0);
  assert.equal(ran.out, '4\n1\n2\n');
  assert.match(ran.err, /cannot load string x x/);
});

test('modules are found in directories and templates that are given', async () => {
  file('mymodule.lua', 'return {answer = 42}');
  assert.equal((await run([], { path: [folder], exec: `require('mymodule').answer` })).out, '42\n');
  assert.equal((await run([], { luaPath: [`${folder}/?.lua`], exec: `require('mymodule').answer` })).out, '42\n');
});

test('scripts come first, and the command is one of the program', async () => {
  const first = file('first.lua', 'value = 7');
  assert.equal((await run([file('second.lua', 'print(value)')], { script: [first] })).out, '7\n');
  const { io, texts } = capture();
  assert.equal(await main(['lua', '-s', first, '-e', 'value + 1', '-a', 'x'], io), 0);
  assert.equal(texts.out, '8\n');
});
