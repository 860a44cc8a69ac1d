import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bytes,
  type Diagnostic,
  entry,
  first,
  get,
  items,
  type LoadOptions,
  lineAndColumn,
  loadFile,
  loadText,
  nearest,
  renderDiagnostic,
  text,
  typeName,
} from '../../src/ucl/index.ts';
import { folderOf } from './support.ts';

function at(source: string, offset: number): Diagnostic {
  const place = { source: { name: 'F', text: source, includedFrom: undefined }, offset };
  return { severity: 'error', message: 'wrong', at: place };
}

test('a diagnostic has a place, the line, a caret and a hint', { timeout: 60_000 }, () => {
  const source = 'a = 1;\nbb = "x" y;\n';
  assert.equal(
    renderDiagnostic({ ...at(source, 16), hint: 'do better' }),
    'F:2:10: wrong\n  bb = "x" y;\n           ^\n  hint: do better',
  );
  assert.equal(renderDiagnostic({ ...at(source, 0), severity: 'warning' }), 'F:1:1: warning: wrong\n  a = 1;\n  ^');
});

test('a place at the end of a line, of the text, and beyond', { timeout: 60_000 }, () => {
  assert.equal(renderDiagnostic(at('ab\ncd', 2)), 'F:1:3: wrong\n  ab\n    ^');
  assert.equal(renderDiagnostic(at('ab\ncd', 5)), 'F:2:3: wrong\n  cd\n    ^');
  assert.equal(renderDiagnostic(at('ab\n', 3)), 'F:2:1: wrong\n  \n  ^');
  assert.equal(renderDiagnostic(at('', 0)), 'F: wrong');
});

test('tabs stay, so that the caret is below its place', { timeout: 60_000 }, () => {
  assert.equal(renderDiagnostic(at('\ta\tb', 3)), 'F:1:4: wrong\n  \ta\tb\n  \t \t^');
});

test('text is decoded, and what is no text is made visible', { timeout: 60_000 }, () => {
  assert.equal(renderDiagnostic(at('\xc3\xa4\xe2\x82\xac x', 6)), 'F:1:4: wrong\n  ä€ x\n     ^');
  assert.equal(
    renderDiagnostic(at('a\x00\x1b[1m\xff\xc3 x\r\n', 9)),
    'F:1:10: wrong\n  a\\x00\\x1b[1m\\xff\\xc3 x\n                       ^',
  );
  assert.equal(
    renderDiagnostic({ ...at('x', 0), message: 'key \xc3\xa4\x07\n' }).split('\n')[0],
    'F:1:1: key ä\\x07\\n',
  );
});

test('long lines are cut around the place', { timeout: 60_000 }, () => {
  const [, line = '', caret = ''] = renderDiagnostic(at(`${'a'.repeat(300)}!${'b'.repeat(300)}`, 300)).split('\n');
  assert.equal(line, `  …${'a'.repeat(70)}!${'b'.repeat(39)}…`);
  assert.equal(line.charAt(caret.indexOf('^')), '!');
  const emoji = '\xf0\x9f\x98\x80';
  const [, wide = ''] = renderDiagnostic(at(emoji.repeat(100_000), 4 * 50_000)).split('\n');
  assert.equal([...wide].length, 2 + 1 + 70 + 40 + 1);
});

test('the files that include a text are named', { timeout: 60_000 }, (t) => {
  const folder = folderOf(t, {
    'main.conf': 'a = 1;\ns {\n  .include "$CURDIR/one.inc"\n}\n',
    'one.inc': '.include "$CURDIR/two.inc"\n',
    'two.inc': 'b = "x" c = 1\n',
  });
  const { diagnostics, sources } = loadFile('main.conf', { cwd: folder });
  assert.deepEqual(
    diagnostics.map((one) => renderDiagnostic(one).replaceAll(`${folder}/`, '')),
    [
      'two.inc:1:9: delimiter is missing\n  b = "x" c = 1\n          ^\n' +
        '  hint: put `;` between the value and what follows\n' +
        '  included from one.inc:1:1\n  included from main.conf:3:3',
    ],
  );
  assert.deepEqual(
    sources.map((one) => one.name.replace(`${folder}/`, '')),
    ['main.conf', 'one.inc', 'two.inc'],
  );
});

test('diagnostics come in the order of their places', { timeout: 60_000 }, (t) => {
  const folder = folderOf(t, {
    'main.conf': 'a = "x" b = 1;\n.include "$CURDIR/one.inc"\n.nosuch "x"\nc = ;\n',
    'one.inc': 'd = ;\n.include "nothing"\ne = ;\n',
  });
  const { diagnostics } = loadFile(`${folder}/main.conf`);
  const places = diagnostics.map((one) => {
    const { line } = lineAndColumn(one.at);
    return `${one.at.source.name.replace(`${folder}/`, '')}:${line}`;
  });
  assert.deepEqual(places, ['main.conf:1', 'one.inc:1', 'one.inc:2', 'one.inc:3', 'main.conf:3', 'main.conf:4']);
});

test('a main file that cannot be read is a diagnostic', { timeout: 60_000 }, (t) => {
  const folder = folderOf(t, { empty: '' });
  const said = (name: string): string[] => loadFile(`${folder}/${name}`).diagnostics.map(renderDiagnostic);
  assert.deepEqual(said('none'), [`${folder}/none: cannot open file ${folder}/none: No such file or directory`]);
  assert.deepEqual(said('empty'), [`${folder}/empty: the main file is empty`]);
  assert.deepEqual(said('.'), [`${folder}/.: file ${folder} is not a regular file`]);
});

test('an encrypted file is decrypted or refused', { timeout: 60_000 }, (t) => {
  const folder = folderOf(t, {
    'main.conf': 'a = 1; .include "$CURDIR/secret.inc"\n',
    'secret.inc': 'ruclev1\x00b = 2',
  });
  const main = `${folder}/main.conf`;
  const decrypt = (content: string): string => content.slice(8);
  assert.equal(get(loadFile(main, { decrypt }).root, 'b')?.type, 'int');
  const said = (options: LoadOptions): string[] =>
    loadFile(main, options).diagnostics.map((one) => renderDiagnostic(one).replaceAll(`${folder}/`, ''));
  assert.deepEqual(said({}), [
    'secret.inc: the file is encrypted, and there is no key for it\n  included from main.conf:1:8',
  ]);
  assert.deepEqual(said({ decrypt: () => ({ message: 'wrong key' }) }), [
    'secret.inc: wrong key\n  included from main.conf:1:8',
  ]);
});

test('every value knows where it stands', { timeout: 60_000 }, () => {
  const { root } = loadText('a = 1;\ns {\n  t = "x"; t = [2, 3]\n}\n');
  const s = get(root, 't') ?? get(root, 's');
  const t = get(s, 't');
  assert.deepEqual(
    items(t).map((one) => lineAndColumn(one.at)),
    [
      { line: 3, column: 7 },
      { line: 3, column: 16 },
    ],
  );
  assert.deepEqual(lineAndColumn(entry(s, 't')?.at ?? assert.fail()), { line: 3, column: 3 });
  assert.equal(first(t)?.type, 'string');
  assert.deepEqual(
    [items(undefined), items(get(root, 'a')).length, get(undefined, 'a'), get(get(root, 'a'), 'b')],
    [[], 1, undefined, undefined],
  );
});

test('types have libucl’s names', { timeout: 60_000 }, () => {
  const { root } = loadText('a {} b = [] c = 1; d = 1.5; e = 1s; f = x; g = yes; h = null; k =\n');
  assert.deepEqual(
    [...(root?.entries.values() ?? [])].map((one) => typeName(one.value)),
    ['object', 'array', 'integer', 'number', 'number', 'string', 'boolean', 'null', 'null'],
  );
});

test('the nearest name', { timeout: 60_000 }, () => {
  const names = ['timeout', 'upstream', 'max_retries', 'milter', 'count'];
  const cases: readonly (readonly [name: string, like: string | undefined])[] = [
    ['timeuot', 'timeout'],
    ['upstreams', 'upstream'],
    ['max-retries', 'max_retries'],
    ['MaxRetries', 'max_retries'],
    ['militer', 'milter'],
    ['cuont', 'count'],
    ['cnt', undefined],
    ['password', undefined],
    ['x', undefined],
    ['', undefined],
  ];
  for (const [name, like] of cases) assert.equal(nearest(name, names), like, name);
  assert.equal(nearest('aaa', ['aab', 'aac']), 'aab');
});

test('bytes to text and back lose nothing', { timeout: 60_000 }, () => {
  const byteStrings = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
  fc.assert(fc.property(byteStrings, (value) => assert.equal(bytes(text(value)), value)));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => assert.equal(text(bytes(value)), value)));
  assert.equal(text('\xc3\xa4\xff\xe2\x82'), 'ä\udcff\udce2\udc82');
  assert.equal(text('\xc0\x80\xed\xa0\x80\xf5\x80\x80\x80'), '\udcc0\udc80\udced\udca0\udc80\udcf5\udc80\udc80\udc80');
});

test('a text that is no byte string is taken as its UTF-8', { timeout: 60_000 }, () => {
  const { root } = loadText('a = "€"');
  const value = get(root, 'a');
  assert.equal(value?.type === 'string' && value.value, '\xe2\x82\xac');
});
