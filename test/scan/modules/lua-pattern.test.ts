import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { compileLuaPattern } from '../../../src/scan/lua-pattern.ts';
import { Subject } from '../../../src/scan/regexp/index.ts';

const patterns = [
  ...['static', '^mx', 'com$', '.', '', '^', '$', 'a$b', '^^a', 'a.c', '%.', '%%', '%-dyn', 'a-b', 'a-', 'x*y', 'x+y?'],
  ...['%d+', '%D', '%a%A', '%l%u', '%w%W', '%s', '%S-x', '%x%x', '%X', '%p', '%P', '%c', '%z', '%Z'],
  ...[
    '[abc]',
    '[^abc]',
    '[a-c-]',
    '[]]',
    '[^]]',
    '[]a]+',
    '[%d.]+',
    '[%]x]',
    '[%a-z]',
    '[a%-z]',
    '[^%w]',
    '[%D]',
    '[.]',
  ],
  ...[
    '(a)(b)',
    '(%d+)%.(%d+)',
    '[%w-]+%.dyn',
    'a?b',
    '{2}',
    'a|b',
    '\\d',
    '\xe9',
    '[\xe0-\xef]',
    'n[',
    '%',
    '[a',
    '%b()',
  ],
];

const subjects = [
  ...['static.example.com', 'mx1.example.org', 'a-dyn12.example.org', 'abc', 'a$b', '^a', 'xxy', 'aXb', '10.2.3.4'],
  ...['{2}', 'a|b', '\\d', 'caf\xe9', ']x]', '%b', 'x y\tz', 'a\0b', 'A1-b_c', '(x(y)z)', '\x01\x7f', 'a-', '-z'],
];

const program = `
local function read(s) return (s:gsub('..', function(h) return string.char(tonumber(h, 16)) end)) end
for line in io.lines() do
  local p, s = line:match('^(%x*) (%x*)$')
  local ok, from, to = pcall(string.find, read(s), read(p))
  print(ok and (from and from .. ' ' .. to or 'none') or 'error')
end
`;

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

const pairs = patterns.flatMap((pattern) => subjects.map((subject) => [pattern, subject] as const));
const peer = spawnSync('luajit', ['-e', program], {
  input: pairs.map(([pattern, subject]) => `${hex(pattern)} ${hex(subject)}\n`).join(''),
  encoding: 'utf8',
  timeout: 60_000,
});

function ours(pattern: string, subject: string): string {
  try {
    const match = compileLuaPattern(pattern).exec(new Subject(subject));
    return match === undefined ? 'none' : `${match.start + 1} ${match.end}`;
  } catch {
    return 'error';
  }
}

test('patterns of Lua find what LuaJIT finds', {
  timeout: 60_000,
  skip: peer.error === undefined ? false : 'luajit is not installed',
}, () => {
  const answers = peer.stdout.trimEnd().split('\n');
  assert.equal(answers.length, pairs.length);
  const wrong = pairs.flatMap(([pattern, subject], index) => {
    // What no regular expression has is refused; LuaJIT complains of a pattern only when it comes so far.
    const isRefused =
      pattern === '%b()' || answers.some((answer, at) => answer === 'error' && pairs[at]?.[0] === pattern);
    const own = ours(pattern, subject);
    const expected = isRefused ? 'error' : answers[index];
    return own === expected ? [] : [`${JSON.stringify([pattern, subject])}: ${own}, not ${expected}`];
  });
  assert.deepEqual(wrong, []);
});
