import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emitUcl, loadText, type MacroHandler } from '../../src/ucl/index.ts';
import { errors, folderOf, read, repeated } from './support.ts';

const files = {
  'value.inc': 'v = 2;\n',
  'section.inc': 's { x = 5; o { p = 7; r = 9 }; l = [3] }\n',
  'empty.inc': '',
  'comment.inc': '# nothing\n',
  'braces.inc': '{ v = 2; w { x = 1 } }\n',
  'priority.inc': 'v = 2;\n.priority 7\nw = 3; .include(priority=1) "value.inc"\n',
  'where.inc': 'file = "$FILENAME"; folder = "$CURDIR"\n',
  'one.conf': 'k = 1\n',
  'two.ucl': 'k = 2\n',
  'three.txt': 'k = 3\n',
  '.hidden.conf': 'k = 4\n',
  'text.txt': '  first "line"\n\tsecond\\ \n\n',
  'number.txt': ' 42 apples',
} as const;

function rig(t: TestContext): { get(text: string): unknown; wrong(text: string): string[]; cwd: string } {
  const cwd = folderOf(t, files);
  const options = { cwd, variables: [['DIR', cwd]] } as const;
  return {
    cwd,
    get: (text) => read(text, options),
    wrong: (text) => errors(text, options).map((line) => line.replaceAll(cwd, 'DIR')),
  };
}

test('.include puts a file in its place', { timeout: 60_000 }, (t) => {
  const { get } = rig(t);
  assert.deepEqual(get('a = 1; .include "value.inc"\nb = 3'), { a: 1, v: 2, b: 3 });
  assert.deepEqual(get('s { .include "$DIR/value.inc"; b = 3 }'), { s: { v: 2, b: 3 } });
  assert.deepEqual(get('.include value.inc\nb = 3'), { v: 2, b: 3 });
  assert.deepEqual(get('.include { value.inc}\nb = 3'), { v: 2, b: 3 });
  assert.deepEqual(get('.include\n  "value.inc";;;\nb = 3'), { v: 2, b: 3 });
  assert.deepEqual(get('.include /* c */"value.inc"'), { v: 2 });
  assert.deepEqual(get('.include () "value.inc"'), { v: 2 });
});

test('an included file may be empty, or have braces where nothing can be mixed up', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('a = 1; .include "empty.inc"; .include "comment.inc"'), { a: 1 });
  assert.deepEqual(get('.include "braces.inc"; a = 1'), { v: 2, w: { x: 1 }, a: 1 });
  assert.deepEqual(get('s { .include(key="k") "braces.inc"; a = 1 }'), { s: { k: { v: 2, w: { x: 1 } }, a: 1 } });
  assert.match(wrong('s { .include "braces.inc" }')[0] ?? '', /braces around an included text/);
  assert.match(wrong('{ .include "braces.inc" }')[0] ?? '', /braces around an included text/);
});

test('a missing file is a mistake unless try=true', { timeout: 60_000 }, (t) => {
  const { get, wrong, cwd } = rig(t);
  const missing = '1:1 cannot open file nope: No such file or directory';
  assert.deepEqual(wrong('.include "nope"'), [missing]);
  assert.deepEqual(wrong('.include(try=false) "nope"'), [missing]);
  assert.deepEqual(wrong('.include(try="true") "nope"'), [missing]);
  assert.deepEqual(wrong('.try_include "nope"'), [missing]);
  assert.deepEqual(get('.include(try=true) "nope"\na = 1'), { a: 1 });
  assert.deepEqual(get('.include(t=yes) "nope"\na = 1'), { a: 1 });
  assert.deepEqual(get('.try_include "value.inc"'), { v: 2 });
  mkdirSync(join(cwd, 'folder'));
  assert.deepEqual(wrong('.include "folder"'), ['1:1 file DIR/folder is not a regular file']);
  assert.deepEqual(get('.include(try=true) "folder"'), {});
  symlinkSync('loop', join(cwd, 'loop'));
  assert.deepEqual(wrong('.include "loop"'), ['1:1 cannot open file loop: Too many levels of symbolic links']);
});

test('priority and duplicate of an include', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('v = 1; .include(priority=1) "value.inc"'), { v: 2 });
  assert.deepEqual(get('.include(prio=1) "value.inc"; v = 1'), { v: 2 });
  assert.deepEqual(get('.include(priority="1") "value.inc"; v = 1'), { v: repeated(2, 1) });
  assert.deepEqual(get('.include(priority=16) "value.inc"; v = 1'), { v: repeated(2, 1) });
  assert.deepEqual(get('.include(priority=-1) "value.inc"\n.include(priority=14) "value.inc"'), { v: 2 });
  assert.deepEqual(get('v = 1; .include(duplicate=rewrite) "value.inc"'), { v: 2 });
  assert.deepEqual(get('v = 1; .include(dup=merge) "value.inc"'), { v: repeated(1, 2) });
  assert.deepEqual(get('v = 1; .include(duplicate=anything) "value.inc"'), { v: repeated(1, 2) });
  assert.deepEqual(wrong('v = 1; .include(duplicate=error) "value.inc"'), ["1:1 duplicate element for key 'v' found"]);
});

test('glob includes files in the order of their names', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('.include(glob=true) "*.conf"'), { k: 1 });
  assert.deepEqual(get('.include(glob=true) "$DIR/*o.*"'), { k: 2 });
  assert.deepEqual(get('.include(glob=true) "t[hw]?*.*"'), { k: repeated(3, 2) });
  assert.deepEqual(get('.include(glob=true) ".*.conf"'), { k: 4 });
  assert.deepEqual(get('.include(glob=true) "o?e.conf"'), { k: 1 });
  assert.deepEqual(get('.include(glob=true, try=true) "no*thing"; a = 1'), { a: 1 });
  assert.deepEqual(get('.include(glob=true, prefix=true) "[ot]*[eo].[cu]*"'), {
    one: { k: 1 },
    two: { k: 2 },
  });
  assert.deepEqual(wrong('.include(glob=true) "no*thing"'), ['1:1 cannot match any files for pattern no*thing']);
  assert.deepEqual(wrong('.include "*.conf"'), ['1:1 cannot open file *.conf: No such file or directory']);
});

test('prefix, key and target put a file under a key', { timeout: 60_000 }, (t) => {
  const { get } = rig(t);
  assert.deepEqual(get('.include(prefix=true) "one.conf"'), { one: { k: 1 } });
  assert.deepEqual(get('.include(prefix=true) "two.ucl"'), { two: { k: 2 } });
  assert.deepEqual(get('.include(prefix=true) "three.txt"'), { 'three.txt': { k: 3 } });
  assert.deepEqual(get('.include(key="x") "one.conf"\n.include(key="x") "one.conf"'), { x: { k: repeated(1, 1) } });
  assert.deepEqual(get('x { k = 9 } .include(key="x"; priority=1) "one.conf"'), { x: { k: 1 } });
  assert.deepEqual(get('.include(key="x", target="array") "one.conf"\n.include(key=x, target=ARRAY) "two.ucl"'), {
    x: [{ k: 1 }, { k: 2 }],
  });
});

test('key and target meet a value that is there', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('x = 5; .include(key="x",target="array") "one.conf"'), { x: [5, { k: 1 }] });
  assert.deepEqual(get('x = [5]; .include(key="x",target="array") "one.conf"'), { x: [5, { k: 1 }] });
  assert.deepEqual(wrong('x = 5; .include(key="x") "one.conf"'), [
    '1:8 Conflicting type for key: x, asked object, has integer',
  ]);
  assert.deepEqual(wrong('x = [5]; .include(key="x", target="thing") "one.conf"'), [
    '1:10 Conflicting type for key: x, asked thing, has array',
  ]);
});

test('search paths', { timeout: 60_000 }, (t) => {
  const { get, wrong, cwd } = rig(t);
  assert.deepEqual(get(`.include(path=["/nowhere", "${cwd}"]) "value.inc"\n.include "one.conf"`), { v: 2, k: 1 });
  assert.deepEqual(wrong(`.include(path=["/nowhere"]) "value.inc"`), [
    '1:1 cannot find file: value.inc in search path',
  ]);
  assert.deepEqual(get(`.include(path=["/nowhere"], try=true) "value.inc"; a = 1`), { a: 1 });
});

test('url and signatures are refused', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(wrong('.include(url=true) "http://h/f"'), ['1:1 URL support is disabled']);
  assert.deepEqual(get('.include(url=true, try=true) "http://h/f"'), {});
  const unsigned = '1:1 cannot open file DIR/value.inc.sig: No such file or directory';
  assert.deepEqual(wrong('.include(sign=true) "value.inc"'), [unsigned]);
  assert.deepEqual(wrong('.includes "value.inc"'), [unsigned]);
  assert.deepEqual(get('.includes(sign=false) "value.inc"'), { v: 2 });
});

test('a signed file is refused, as no keys are known', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, { 'a.inc': 'v = 1', 'a.inc.sig': 'signature' });
  assert.deepEqual(errors('.includes "a.inc"', { cwd }), [`1:1 cannot verify file ${cwd}/a.inc.sig`]);
});

test('FILENAME and CURDIR are those of the file being read', { timeout: 60_000 }, (t) => {
  const { get, cwd } = rig(t);
  assert.deepEqual(get('a = "$FILENAME"; .include "where.inc"\nb = "$CURDIR"'), {
    a: 'undef',
    file: `${cwd}/where.inc`,
    folder: cwd,
    b: cwd,
  });
});

test('.priority counts to the end of its file', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('.priority 5\na = 1\n.priority 2\na = 2'), { a: 1 });
  assert.deepEqual(get('.priority(priority=5) "";\na = 1\n.priority 2\na = 2'), { a: 1 });
  assert.deepEqual(get('.include "priority.inc"\nv = 4; w = 4'), { v: 2, w: 3 });
  assert.match(wrong('.priority high')[0] ?? '', /Invalid priority value in macro: high/);
  assert.match(wrong('.priority(priority=5)\nk = 1')[0] ?? '', /Invalid priority value in macro: k = 1/);
  assert.match(wrong('.priority "";')[0] ?? '', /Unable to parse priority macro/);
});

test('.load takes a file as a value', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  const text = '  first "line"\n\tsecond\\ \n\n';
  assert.deepEqual(get('.load(key="k") "text.txt"'), { k: text });
  assert.deepEqual(get('.load(key="k", trim=true) "text.txt"'), { k: 'first "line"\n\tsecond\\' });
  assert.deepEqual(get('.load(key="k", escape=true, trim=true) "text.txt"'), { k: 'first \\"line\\"\\n\\tsecond\\\\' });
  assert.deepEqual(get('.load(key="k", target="int") "number.txt"'), { k: 42 });
  assert.deepEqual(get('.load(key="k", target="int") "text.txt"'), { k: 0 });
  assert.deepEqual(get('.load(key="k", target="thing") "text.txt"'), {});
  assert.deepEqual(get('.load(key="k") "empty.inc"'), {});
  assert.deepEqual(get('.load(key="k", try=true) "nope"'), {});
  assert.deepEqual(get('.load(key="k", priority=3) "number.txt"; k = 1'), { k: ' 42 apples' });
  assert.deepEqual(get('.load(key="k") "$DIR/number.txt"; k = 1'), { k: repeated(' 42 apples', 1) });
  assert.deepEqual(wrong('.load(key="k") "nope"'), ['1:1 cannot open file nope: No such file or directory']);
  assert.deepEqual(wrong('.load "text.txt"'), ['1:1 No Key specified in load macro']);
  assert.deepEqual(wrong('.load(key="k") ""'), ['1:1 Unable to parse load macro']);
  assert.deepEqual(wrong('k = 1; .load(key="k") "text.txt"'), ['1:8 Key k already exists']);
});

test('.load with multiline is written as a heredoc', { timeout: 60_000 }, (t) => {
  const { cwd } = rig(t);
  const { root } = loadText('.load(key="k", multiline=true, trim=true) "text.txt"', { cwd });
  assert.equal(root && emitUcl(root), 'k = <<EOD\nfirst "line"\n\tsecond\\\nEOD;\n');
});

test('.inherit copies what is not there yet', { timeout: 60_000 }, (t) => {
  const { get, wrong } = rig(t);
  assert.deepEqual(get('p {a = 1; b = 2} c {b = 3\n.inherit "p"\nd = 1}'), {
    p: { a: 1, b: 2 },
    c: { b: 3, a: 1, d: 1 },
  });
  assert.deepEqual(get('p {a = 1} c { .inherit "p"; a = 5 }'), { p: { a: 1 }, c: { a: 5 } });
  assert.deepEqual(get('p {a = 1} c { a = 5; .inherit(replace=true) "p" }'), { p: { a: 1 }, c: { a: repeated(5, 1) } });
  assert.deepEqual(get('p {l = [1]} c { .inherit "p" } c2 { .inherit "p" }'), {
    p: { l: [1] },
    c: { l: [1] },
    c2: { l: [1] },
  });
  // Of a repeated key that begins with a container libucl copies no more than that.
  assert.deepEqual(get('p { l = 1; l = 2 } c { .inherit "p" }'), {
    p: { l: repeated(1, 2) },
    c: { l: repeated(1, 2) },
  });
  assert.deepEqual(get('p { l = {x = 1}; l = 2 } c { .inherit "p" }'), {
    p: { l: repeated({ x: 1 }, 2) },
    c: { l: { x: 1 } },
  });
  assert.deepEqual(wrong('c { .inherit "p" }'), ['1:5 Unable to find inherited object p']);
  assert.deepEqual(wrong('p = 1; c { .inherit "p" }'), ['1:12 Unable to find inherited object p']);
});

test('what is inherited is a copy', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, { 'more.inc': 'c { o { y = 2 } }' });
  assert.deepEqual(read('p { o { x = 1 } } c { .inherit "p" } .include(duplicate=merge) "more.inc"', { cwd }), {
    p: { o: { x: 1 } },
    c: { o: { x: 1, y: 2 } },
  });
});

test('files may not include themselves, nor more than 16 deep', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, {
    'self.inc': 'a = 1; .include "self.inc"',
    'a.inc': '.include "b.inc"',
    'b.inc': '.include "a.inc"',
    ...Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`${at}.inc`, `.include "${at + 1}.inc"\nk${at} = 1`])),
    '16.inc': 'end = 1',
    '15.inc': 'end = 1',
  });
  assert.deepEqual(errors('.include "self.inc"', { cwd }), [
    `1:8 trying to include the file ${cwd}/self.inc from itself`,
  ]);
  assert.deepEqual(errors('.include "a.inc"', { cwd }), ['1:1 maximum include nesting limit is reached: 17']);
  assert.deepEqual(errors('.include "0.inc"', { cwd }), ['1:1 maximum include nesting limit is reached: 17']);
  assert.equal(Object.keys(read('.include "1.inc"', { cwd }) as object).length, 15);
});

test('macros are known by name', { timeout: 60_000 }, () => {
  assert.deepEqual(errors('.foo "x"\na = 1'), ["1:1 unknown macro: 'foo'"]);
  assert.deepEqual(errors('.include"x"\na = 1'), ['1:1 unknown macro: \'include"x"\'']);
  assert.deepEqual(errors('. x'), ['1:1 invalid macro name']);
  assert.deepEqual(errors('.include(try=true)'), ['1:9 unexpected end of input while parsing macro value']);
  assert.deepEqual(errors('.include(try=true'), ['1:9 macro arguments are not closed']);
  assert.deepEqual(errors('.include(try) "x"'), ['1:10 macro arguments parsing error: unfinished key']);
  assert.deepEqual(errors('.include {x'), ["1:10 unterminated macro value, missing '}'"]);
  assert.deepEqual(read('a = [.include]'), { a: ['.include'] });
  assert.deepEqual(read('a = 1\n.foo'), { a: 1 });
});

test('further macros can be given', { timeout: 60_000 }, () => {
  const seen: string[] = [];
  const handler: MacroHandler = ({ name, value, arguments: args }) => {
    seen.push(`${name} ${value} ${args?.entries.size ?? 0}`);
    return value === 'bad' ? { message: 'not this' } : undefined;
  };
  const macros = new Map<string, MacroHandler | 'ignore'>([
    ['note', handler],
    ['include_map', 'ignore'],
  ]);
  assert.deepEqual(read('.include_map "http://h/m"; a = 1\n.note(x=1) "good"', { macros }), { a: 1 });
  assert.deepEqual(errors('.note bad', { macros }), ['1:1 not this']);
  assert.deepEqual(seen, ['note good 1', 'note bad 0']);
});

test('macros can be turned off', { timeout: 60_000 }, () => {
  const flags = { macros: false };
  assert.deepEqual(errors('.include "x"', { flags }), ['1:1 key must begin with a letter']);
  assert.deepEqual(read('a = "$X"', { flags, variables: [['X', 'y']] }), { a: '$X' });
});
