import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeMsgpack, encodeMsgpack, type MsgpackInput } from '../../../src/wire/msgpack/index.ts';
import { below, noise, seeded } from '../support/fuzz.ts';
import { installed, temporaryFolder } from '../support/scanner.ts';

/** Reads lines of JSON, prints each as msgpack (hex), then as JSON again, read from that msgpack. */
const script = (input: string): string => `
local ucl = require "ucl"
for line in io.lines("${input}") do
  local parser = ucl.parser()
  assert(parser:parse_string(line))
  local bytes = tostring(ucl.to_format(parser:get_object(), 'msgpack'))
  print((bytes:gsub('.', function(c) return string.format('%02x', c:byte()) end)))
end
`;

/** Keys would come in the order of a Lua table: maps have one. */
function anyJson(random: () => number, depth = 0): MsgpackInput {
  switch (below(random, depth < 4 ? 7 : 5)) {
    case 0:
      return random() < 0.5;
    case 1:
      return below(random, 2 ** below(random, 53));
    case 2:
      return -33 - below(random, 2 ** below(random, 52)); // Rspamd 3.4 writes -1 to -32 wrongly
    case 3:
      return below(random, 1000) + 0.5; // libucl reads longer fractions less exactly than they are written
    case 4:
      return noise(below(random, random() < 0.2 ? 400 : 40), random).toString('hex');
    case 5:
      return Array.from({ length: below(random, 20) }, () => anyJson(random, depth + 1));
    default:
      return { [`k${noise(below(random, 30), random).toString('hex')}`]: anyJson(random, depth + 1) };
  }
}

test('rspamadm writes the same bytes', {
  skip: installed('rspamadm') ? false : 'rspamadm is not installed',
  timeout: 60_000,
}, (t) => {
  const folder = temporaryFolder(t);
  const random = seeded(99);
  // An empty list within a list stays one; an empty map would come back as a list from Lua.
  const values = Array.from({ length: 300 }, () => [1, anyJson(random)]);
  writeFileSync(join(folder, 'in'), values.map((value) => JSON.stringify(value)).join('\n'));
  writeFileSync(join(folder, 'script.lua'), script(join(folder, 'in')));
  const args = ['lua', '-s', join(folder, 'script.lua')];
  const done = spawnSync('rspamadm', args, { input: '', encoding: 'latin1', timeout: 60_000, maxBuffer: 1e8 });
  const lines = done.stdout.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
  assert.equal(lines.length, values.length, done.stderr);
  for (const [at, value] of values.entries()) {
    assert.equal(encodeMsgpack(value).toString('hex'), lines[at], JSON.stringify(value));
    assert.deepEqual(decodeMsgpack(Buffer.from(lines[at] as string, 'hex')), value);
  }
});
