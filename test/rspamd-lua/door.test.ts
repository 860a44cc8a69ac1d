import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Lua, LuaInterrupt, type LuaTable } from '../../src/lua/index.ts';
import type { Logger } from '../../src/message/log.ts';
import { silentLogger } from '../../src/message/log.ts';
import { failureText, fromLua, openRspamd, toLua } from '../../src/rspamd-lua/index.ts';
import { emitJsonCompact, loadText, type UclValue } from '../../src/ucl/index.ts';
import { cpuTime } from '../support/cpu-time.ts';

interface Line {
  readonly level: string;
  readonly module: string;
  readonly where: string;
  readonly id: string;
  readonly message: string;
}

function recorder(debug = false): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const enabled = (level: string): boolean => debug || level !== 'debug';
  const logger: Logger = {
    enabled,
    log: (level, module, where, id, message) => {
      if (enabled(level)) lines.push({ level, module, where, id, message });
    },
  };
  return { logger, lines };
}

function open(
  logger: Logger = silentLogger,
  config = '',
): { readonly lua: Lua; readonly world: ReturnType<typeof openRspamd> } {
  const lua = new Lua({ limits: { time: 60_000 }, isEmbedded: true });
  const { root } = loadText(config);
  return { lua, world: openRspamd(lua, { logger, config: root, env: { RSPAMD_WORD: 'from the environment' } }) };
}

test('rspamd_logger writes the level, the place of the call and the tag', () => {
  const { logger, lines } = recorder();
  const { lua } = open(logger);
  lua.run(
    `local logger = require 'rspamd_logger'
     logger.infox('%s: %s', 'R_TEST', 5.5)
     logger.errx(rspamd_config, 'with %1', 'tag')
     local function inner() logger.warnx('inside') end
     inner()
     pcall(logger.messagex, 'through pcall')
     logger.debugx('silent')
     logger.logx(8, 'my_module', 'abcdef', 'named %s', 1)`,
    '@/etc/rspamd/script.lua',
  );
  assert.deepEqual(lines, [
    { level: 'info', module: 'lua', where: 'script.lua:2', id: '', message: 'R_TEST: 5.5' },
    { level: 'error', module: 'lua', where: 'script.lua:3', id: '', message: 'with tag' },
    { level: 'warning', module: 'lua', where: 'script.lua:4', id: '', message: 'inside' },
    { level: 'notice', module: 'lua', where: '[C]:-1', id: '', message: 'through pcall' },
    { level: 'error', module: 'my_module', where: 'script.lua:8', id: 'abcdef', message: 'named 1' },
  ]);
});

test('an inline chunk is named, long names are cut, control bytes cannot forge a line', () => {
  const { logger, lines } = recorder();
  const { lua } = open(logger);
  lua.run(`require('rspamd_logger').errx('%s', 'a\\nb\\r\\1')`, 'proxy parser');
  lua.run(`require('rspamd_logger').errx('x')`, `@/x/${'long'.repeat(10)}.lua`);
  assert.deepEqual(
    lines.map(({ where, message }) => [where, message]),
    [
      ['[string "proxy parser"]:1', 'a\\0ab\\0d\\01'],
      ['longlonglonglonglonglonglon...:1', 'x'],
    ],
  );
});

test('debugm costs nothing while its module is silent, and is tagged where it is not', () => {
  const silent = recorder();
  open(silent.logger).lua.run(
    `require('rspamd_logger').debugm('m', 'id', '%s', setmetatable({}, {__index = function() error('looked at') end}))`,
    '=x',
  );
  assert.deepEqual(silent.lines, []);
  const loud = recorder(true);
  open(loud.logger).lua.run(`require('rspamd_logger').debugm('m', 'id', 'text %s', 1)`, '=x');
  assert.deepEqual(loud.lines, [{ level: 'debug', module: 'm', where: 'x:1', id: 'id', message: 'text 1' }]);
});

test('values go from UCL to Lua and back', () => {
  const { lua, world } = open();
  const { root } = loadText('a = 1; b = [x, 2.5, null]; c { d = true; e = {} }', { flags: { implicitArrays: false } });
  const value = toLua(world, root as UclValue);
  lua.globals.set('value', value);
  assert.deepEqual(lua.run(`return value.a, #value.b, value.b[3] == require('ucl').null, value.c.d`, '=x'), [
    1,
    3,
    true,
    true,
  ]);
  const back = fromLua(world, value);
  assert.equal(emitJsonCompact(back as UclValue), '{"a":1,"b":["x",2.500000,null],"c":{"d":true,"e":{}}}');
});

test('a function keeps its identity through UCL', () => {
  const { lua, world } = open();
  const [fn] = lua.run('return function() return 5 end', '=x');
  const [table] = lua.run('return {f = ...}', '=x', fn);
  const back = toLua(world, fromLua(world, table) as UclValue) as LuaTable;
  assert.equal(back.get('f'), fn);
});

test('a table that contains itself is an error, not an end of the program', () => {
  const { lua } = open();
  assert.throws(
    () => lua.run(`local t = {} t.t = t return require('ucl').to_format(t, 'json')`, '=x'),
    /nested more than 400 deep, or contain themselves/,
  );
  const [text] = lua.run(`local t = {} t.t = t return require('rspamd_logger').slog('%s', t)`, '=x');
  assert.equal((text as string).length, 8063);
});

test('rspamd_config shows the configuration, rspamd_env the environment', () => {
  const { lua } = open(silentLogger, 'mine { a = 1 }\nmine { b = [2, 3] }\nother = 5');
  assert.deepEqual(
    lua.run(
      `local mine = rspamd_config:get_all_opt('mine')
       return mine.a, #mine.b, rspamd_config:get_all_opt('none'), rspamd_config:get_key('other'),
         rspamd_config:get_module_opt('mine', 'a'), rspamd_env.WORD, rspamd_paths.LUALIBDIR`,
      '=x',
    ),
    [1, 2, undefined, 5, 1, 'from the environment', '/usr/share/rspamd/lualib'],
  );
});

test('a failure reads as Rspamd logs it', () => {
  const { lua } = open();
  const text = (code: string): string => {
    try {
      lua.call(lua.run(`return function() ${code} end`, '@/etc/rspamd/x.lua')[0]);
      return 'no failure';
    } catch (error) {
      return failureText(error as Parameters<typeof failureText>[0]);
    }
  };
  assert.equal(
    text('local a; a.b = 1'),
    "/etc/rspamd/x.lua:1: attempt to index local 'a' (a nil value); trace: [1]:{/etc/rspamd/x.lua:1 - <unknown> [Lua]};",
  );
  assert.equal(
    text("error('boom')"),
    '/etc/rspamd/x.lua:1: boom; trace: [1]:{[C]:-1 - error [C]}; [2]:{/etc/rspamd/x.lua:1 - <unknown> [Lua]};',
  );
  assert.match(text('error({})'), /^unknown error; trace: \[1\]/);
});

test('compression says what is missing where the program has not loaded it', () => {
  assert.throws(() => open().lua.run(`require('rspamd_util').zstd_compress('x')`, '=x'), /zstd has not been loaded/);
});

for (const [what, text] of [
  ['many slow calls', `local text = ('x'):rep(2e6) while true do require('rspamd_util').encode_base64(text) end`],
  ['failing calls', `local text = ('[1,'):rep(300) while true do pcall(require('ucl').to_format, text) end`],
  [
    'a slow grammar',
    `local P, V = lpeg.P, lpeg.V
    P{ P'a' * V(1) * 'b' + P'a' * V(1) * 'c' + P'a' * V(1) * 'd' + 'x' }:match(('a'):rep(40))`,
  ],
  [
    'big tables',
    `local t = {} for i = 1, 1e4 do t[i] = { a = i } end while true do require('ucl').to_format(t, 'json') end`,
  ],
] as const) {
  test(`modules are stopped in time: ${what}`, () => {
    const lua = new Lua({ limits: { time: 300 } });
    openRspamd(lua, { logger: silentLogger, env: {} });
    const start = cpuTime();
    assert.throws(() => lua.run(`lpeg = require 'lpeg' ${text}`, '=script'), LuaInterrupt);
    assert.ok(cpuTime() - start < 5000);
  });
}

test('what a hash keeps until it is read is limited', () => {
  const lua = new Lua({ limits: { memory: 64 << 20 } });
  openRspamd(lua, { logger: silentLogger, env: {} });
  const text = `local text, hash = ('x'):rep(1e6), require('rspamd_cryptobox_hash').create_specific('xxh64')
    for _ = 1, 1e4 do hash:update(text) end`;
  assert.throws(() => lua.run(text, '=script'), /not enough memory/);
});

test('a fresh state with all modules takes 30 ms at most', () => {
  const names =
    'lpeg rspamd_cryptobox rspamd_cryptobox_hash rspamd_cryptobox_keypair rspamd_cryptobox_secretbox rspamd_expression rspamd_http rspamd_int64 rspamd_ip rspamd_logger rspamd_mempool rspamd_parsers rspamd_redis rspamd_regexp rspamd_tcp rspamd_text rspamd_trie rspamd_url rspamd_util ucl';
  const code = names
    .split(' ')
    .map((name) => `require '${name}'`)
    .join(' ');
  const timed = (run: () => void): number => {
    const started = cpuTime();
    run();
    return cpuTime() - started;
  };
  const full = (): void => void open().lua.run(code, '=x');
  full();
  const times = Array.from({ length: 20 }, () => timed(full)).sort((a, b) => a - b);
  assert.ok((times[10] as number) < 30, `${times[10]} ms`);
});

test('names and commands end at a NUL, as they do for C', { timeout: 60_000 }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-lua-nul-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const code = `
    local util, text, ucl = require 'rspamd_util', require 'rspamd_text', require 'ucl'
    local missing, here = '${folder}/missing\\0x', '${folder}/here\\0x'
    local saved = text.fromstring('x'):save_in_file(here)
    local f = io.open(here)
    local kind, closed = io.type(f), f:close()
    return saved, kind, closed, (io.open(missing)), io.popen('echo a\\0b'):read('*a'), os.execute('true\\0false'),
      (os.remove(missing)), (os.getenv('\\0')), (loadfile(missing)), (pcall(dofile, missing)), util.file_exists(here),
      (util.unlink(missing)), #util.glob('${folder}/her?\\0'), (ucl.parser():parse_file(missing)),
      (package.searchpath('a\\0b', './?.lua'))`;
  const answers = open().lua.run(code, '=nul');
  const expected = [
    true,
    'file',
    true,
    undefined,
    'a\n',
    0,
    undefined,
    undefined,
    undefined,
    false,
    true,
    false,
    1,
    false,
  ];
  assert.deepEqual(answers.slice(0, expected.length), expected);
  assert.deepEqual(readdirSync(folder), ['here']);
});
