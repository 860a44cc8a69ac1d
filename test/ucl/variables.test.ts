// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how UCL writes its variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Variable } from '../../src/ucl/index.ts';
import { folderOf, read } from './support.ts';

const variables: readonly Variable[] = [
  ['HOME', '/srv'],
  ['EDITION', '7.1'],
  ['EDITION_MAJOR', '7'],
  ['NAME', 'me'],
  ['EMPTY', ''],
];

const cases: readonly (readonly [literal: string, value: string])[] = [
  ['$HOME/x', '/srv/x'],
  ['"$HOME/x"', '/srv/x'],
  ['${HOME}X', '/srvX'],
  ['$HOMEX', '/srvX'],
  ['${HOMEX}', '${HOMEX}'],
  ['$EDITION_MAJOR', '7.1_MAJOR'],
  ['${EDITION_MAJOR}', '7'],
  ['"$$HOME"', '$$HOME'],
  ['"$$HOME $HOME"', '$HOME /srv'],
  ['"$$$NAME"', '$me'],
  ['"$name"', '$name'],
  ['"$NAME$NAME"', 'meme'],
  ['"$NAME$"', 'me$'],
  ['"${NAME"', '${NAME'],
  ['"${a$NAME}"', '${ame}'],
  ['"a$EMPTY$NAME"', 'ame'],
  ['"\\$NAME"', 'me'],
  ['\\$NAME', '$NAME'],
  ['\\$NAME $NAME', 'me me'],
  ["'$NAME'", '$NAME'],
  ['<<X\n$NAME\nX\n', 'me'],
  ['"$OTHER"', '$OTHER'],
];

test('where variables are expanded, and where not', { timeout: 60_000 }, () => {
  for (const [literal, value] of cases) {
    assert.deepEqual(read(`a = ${literal}`, { variables }), { a: value }, literal);
  }
});

test('not in keys, nor without variables', { timeout: 60_000 }, () => {
  assert.deepEqual(read('s "$NAME" {a = 1}', { variables }), { s: { $NAME: { a: 1 } } });
  assert.deepEqual(read('a = "$NAME"'), { a: '$NAME' });
  assert.deepEqual(read('a = "$CURDIR"', { flags: { fileVariables: false } }), { a: '$CURDIR' });
});

test('the order of registration decides; file variables go behind once a file has been included', {
  timeout: 60_000,
}, (t) => {
  const cwd = folderOf(t, { 'x.inc': 'inside = "$CURDIRX"' });
  const text = 'before = "$CURDIRX"; .include "x.inc"\nafter = "$CURDIRX"';
  assert.deepEqual(read(text, { cwd, variables: [['CUR', 'c:']] }), {
    before: `${cwd}X`,
    inside: 'c:DIRX',
    after: 'c:DIRX',
  });
});

test('in a macro’s value, but not in its arguments', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, { 'me.inc': 'a = 1' });
  assert.deepEqual(read('.include "$NAME.inc"', { cwd, variables }), { a: 1 });
  assert.deepEqual(read('.include(key="$NAME") "$NAME.inc"', { cwd, variables }), { $NAME: { a: 1 } });
  assert.deepEqual(read('.include(key="$FILENAME") "$NAME.inc"', { cwd, variables }), { undef: { a: 1 } });
});
