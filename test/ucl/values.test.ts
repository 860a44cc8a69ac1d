import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors, float, read, repeated, time } from './support.ts';

/** The value of the key `a`. */
function literalValue(literal: string): unknown {
  return (read(`a = ${literal}`) as Record<string, unknown>)['a'];
}

function each(title: string, cases: readonly (readonly [literal: string, value: unknown])[]): void {
  test(title, { timeout: 60_000 }, () => {
    for (const [literal, value] of cases) assert.deepEqual(literalValue(literal), value, JSON.stringify(literal));
  });
}

function texts(title: string, cases: readonly (readonly [text: string, value: unknown])[]): void {
  test(title, { timeout: 60_000 }, () => {
    for (const [text, value] of cases) assert.deepEqual(read(text), value, JSON.stringify(text));
  });
}

function refused(title: string, cases: readonly (readonly [text: string, message: string])[]): void {
  test(title, { timeout: 60_000 }, () => {
    for (const [text, message] of cases) assert.equal(errors(text)[0], message, JSON.stringify(text));
  });
}

each('suffixes of thousands and of bytes', [
  ['3k', 3000],
  ['3kb', 3072],
  ['7M', 7_000_000],
  ['7Mb', 7_340_032],
  ['3g', 3_000_000_000],
  ['3GB', 3_221_225_472],
  ['2.5k', float(2500)],
  ['2.5kb', 2048],
  ['0.7gb', 0],
  ['3e2k', float(300_000)],
  ['-2k', -2000],
  ['9223372036854775807k', -1000],
]);

each('times', [
  ['20ms', time(0.02)],
  ['20s', time(20)],
  ['7MS', time(0.007)],
  ['3Min', time(180)],
  ['2.5h', time(9000)],
  ['2d', time(172_800)],
  ['2w', time(1_209_600)],
  ['2y', time(63_072_000)],
  ['5ks', time(5000)],
  ['5gs', time(5e9)],
]);

each('what only looks like a number with a suffix', [
  ['10sec', '10sec'],
  ['3mins', '3mins'],
  ['3 min', '3 min'],
  ['2h15m', '2h15m'],
  ['64b', '64b'],
  ['2t', '2t'],
  ['5%', '5%'],
  ['4kib', '4kib'],
  ['+7', '+7'],
  ['.25', '.25'],
  ['3e', '3e'],
  ['4.4.4', '4.4.4'],
  ['5-6', '5-6'],
  ['2_000', '2_000'],
  ['-', '-'],
  ['10.1.2.3', '10.1.2.3'],
  ['10.1.0.0/16', '10.1.0.0/16'],
]);

each('numbers', [
  ['7.', float(7)],
  ['012', 12],
  ['-0', 0],
  ['-0.0', float(-0)],
  ['1e3', float(1000)],
  ['2E-2', float(0.02)],
  ['9223372036854775807', 9_223_372_036_854_775_807n],
  ['-9223372036854775808', -9_223_372_036_854_775_808n],
  [`${'0'.repeat(120)}77777`, 77_777],
  ['1'.repeat(127), '1'.repeat(127)],
]);

each('hexadecimal numbers, which begin at any x', [
  ['0x2A', 42],
  ['-0x2a', -42],
  ['30x20', 32],
  ['2x2', 2],
  ['0x2fk', 47_000],
  ['0x20kb', 32_768],
  ['0x20ms', 32],
  ['0x20min', 32],
  ['0x20d', 525],
  ['0xzz', '0xzz'],
  ['0x', '0x'],
  ['0xf.f', '0xf.f'],
  ['2.5x20', 0],
]);

each('blanks after a number', [
  ['8 ;', 8],
  ['8 # c', 8],
  ['8 \t ', 8],
  ['8s ;', '8s'],
  ['8s # c', '8s'],
  ['8s \n', '8s'],
  ['8s# c', time(8)],
  ['8/* c */;', '8'],
  ['8 /* c */;', '8'],
  ['8 apples', '8 apples'],
]);

refused('numbers that do not fit', [
  ['a = 9223372036854775808', '1:5 numeric value out of range'],
  ['a = 88888888888888888888 bytes', '1:5 numeric value out of range'],
  ['a = 3e400', '1:5 numeric value out of range'],
  ['a = 3e-400', '1:5 numeric value out of range'],
  ['a = 0x8000000000000000', '1:5 numeric value out of range'],
]);

each('words', [
  ['Yes', true],
  ['ON', true],
  ['tRuE', true],
  ['nO', false],
  ['Off', false],
  ['False', false],
  ['no /* c */', false],
  ['n', 'n'],
  ['"no"', 'no'],
  ['no yes', 'no yes'],
  ['null', null],
  ['Null', 'Null'],
  ['nan', float(Number.NaN)],
  ['NAN', 'NAN'],
  ['inf', float(Number.POSITIVE_INFINITY)],
  ['-inf', '-inf'],
]);

each('double-quoted strings', [
  ['"\\w\\/\\\'\\"\\t"', 'w/\'"\t'],
  ['"\\u00e4\\u20ac"', '\xc3\xa4\xe2\x82\xac'],
  ['"\\ud83d\\ude00"', '\xed\xa0\xbd\xed\xb8\x80'],
  ['"\\u0000"', '\0'],
  ['"a;b#c{d"', 'a;b#c{d'],
  ['"\x1f\x7f\xff"', '\x1f\x7f\xff'],
  ['""', ''],
]);

each('single-quoted strings', [
  ["'don\\'t \\\\ \\n'", "don't \\\\ \\n"],
  ["'one\ntwo'", 'one\ntwo'],
  ["'one\\\ntwo'", 'onetwo'],
  ["'one\\\r\ntwo'", 'onetwo'],
  ["'/\\d+/'", '/\\d+/'],
  ["''", ''],
]);

each('bare strings', [
  ['one\\;two\\nthree', 'one;two\nthree'],
  ['\\u0042', 'B'],
  ['\\u004', '@'],
  ['\\u00', 'u0'],
  ['/\\w+/', '/w+/'],
  ['x{y}z', 'x{y}z'],
  ['x[y]z', 'x[y]z'],
  ['x = y = z', 'x = y = z'],
  ['x:y:z', 'x:y:z'],
  ['*:11334', '*:11334'],
  ['x // y', 'x // y'],
  ['x\\', 'x\\'],
  ['\\', '\\'],
  ['\xe9t\xe9', '\xe9t\xe9'],
  ['<x>', '<x>'],
]);

each('heredocs', [
  ['<<END\none\n END\nENDS\nEND\n', 'one\n END\nENDS'],
  ['<<END\n\nEND\n', ''],
  ['<<END\none\nEND;', 'one'],
  ['<<END\none\nEND', 'one'],
  ['<<\none\n\n', 'one'],
  ['<<\none\ntwo;', 'one\ntw'],
  ['<<A\none\nAA\n', 'one\n'],
  ['<<END\n"\\n" # no comment\nEND\n', '"\\n" # no comment'],
  ['<<end', '<<end'],
  ['<<END2', '<<END2'],
]);

texts('heredocs among other values', [
  ['a = <<END\none\nEND, b = 2', { a: 'one', b: 2 }],
  ['a = [<<X\n1\nX\n, <<Y\n2\nY\n]', { a: ['1', '2'] }],
  ['a = <<\none\n\nb = 2', { a: 'one', b: 2 }],
]);

refused('strings that do not end', [
  ['a = <<END\nEND\n', '1:5 unterminated multiline value'],
  ['a = <<END\none\nENDS', '1:5 unterminated multiline value'],
  ['a = <<END\r\none\r\nEND\r\n', '2:4 invalid character in a key'],
  ['a = "one\ntwo"', '1:9 unexpected newline'],
  ['a = "one', '1:5 no quote at the end of json string'],
  ['a = "one\\', '1:5 unfinished escape character'],
  ["a = 'one", '1:5 no quote at the end of single quoted string'],
  ['a = "\tone"', '1:6 unexpected control character'],
  ['a = "\\u12 "', '1:10 invalid utf escape'],
  ['a = "\\u1', '1:5 no quote at the end of json string'],
]);

texts('keys', [
  ['foo-bar.baz_7/x = 1', { 'foo-bar.baz_7/x': 1 }],
  ['7 = 1', { 7: 1 }],
  ['null = 1', { null: 1 }],
  ['/ = 1', { '/': 1 }],
  ['\xc3\xa4 = 1', { '\xc3\xa4': 1 }],
  ['"a b\\n" = 1', { 'a b\n': 1 }],
  ['A = 1; a = 2', { A: 1, a: 2 }],
  ['a.b = 1', { 'a.b': 1 }],
  ['\xef\xbb\xbfa = 1', { '\xef\xbb\xbfa': 1 }],
  ['a 1', { a: 1 }],
  ['a: 1', { a: 1 }],
  ['a =\nb = 1', { a: 'b = 1' }],
  ['a\t=\t/* c */ 1', { a: 1 }],
  ['a /* c */ = /* d */ 1', { a: 1 }],
  ['a =\n', { a: null }],
  ['a +b', { a: '+b' }],
]);

refused('what cannot be a key', [
  ['foo{ a = 1 }', '1:4 invalid character in a key'],
  ['foo\n{ a = 1 }', '1:4 invalid character in a key'],
  ['foo;', '1:4 invalid character in a key'],
  ["'foo' = 1", '1:1 key must begin with a letter'],
  ['-foo = 1', '1:1 key must begin with a letter'],
  ['$X = 1', '1:1 key must begin with a letter'],
  ['(a 1)', '1:1 key must begin with a letter'],
  ['{"": 1}', '1:2 empty keys are not allowed'],
  ['7', '1:1 unfinished key'],
  ['"x"', '1:1 unfinished key'],
  ['a =', '1:1 unfinished key'],
  ['a := b', "1:4 unexpected '=' character"],
  ['a =: b', "1:4 unexpected ':' character"],
  ['a == b', "1:4 unexpected '=' character"],
  ['a = = b', "1:5 unexpected '=' character"],
  ['a ;', '1:3 string value must not be empty'],
]);

texts('named sections', [
  ['foo {a = 1}', { foo: { a: 1 } }],
  ['foo \n{a = 1}', { foo: { a: 1 } }],
  ['"foo"{a = 1}', { foo: { a: 1 } }],
  ['foo = {a = 1}', { foo: { a: 1 } }],
  ['a b c d', { a: 'b c d' }],
  ['a b "c d" {e = 1}', { a: { b: { 'c d': { e: 1 } } } }],
  ['a b=c {d = 1}', { a: { b: { c: { d: 1 } } } }],
  ['a b [1, 2]', { a: { b: [1, 2] } }],
  ['s x {a = 1} s x {b = 2}', { s: repeated({ x: { a: 1 } }, { x: { b: 2 } }) }],
  ['s x {a = 1} t = 2', { s: { x: { a: 1 } }, t: 2 }],
  ['a b /* { */\nc = 1', { a: { b: 'c = 1' } }],
  ['s { a b {c = 1} d = 2 } e = 3', { s: { a: { b: { c: 1 } }, d: 2 }, e: 3 }],
]);

refused('sections with a mistake', [
  ['a b = {c = 1}', '1:7 key must begin with a letter'],
  ['a "b" = c', '1:7 delimiter is missing'],
  ['a "x {y}"', '1:3 unfinished key'],
  ['bind_socket = [::1]:11332', '1:20 key must begin with a letter'],
]);

texts('blanks before a closing bracket', [
  ['a {b = 8s}', { a: { b: time(8) } }],
  ['a {b = 8s }', { a: { b: '8s' } }],
  ['a {b = 8 }', { a: { b: 8 } }],
]);

texts('separators', [
  ['a = v, b = 3', { a: 'v', b: 3 }],
  ['a = v1, v2 = 3', { a: 'v1', v2: 3 }],
  ['a = {x = 1} b = 2', { a: { x: 1 }, b: 2 }],
  ['a = [1] b = 2', { a: [1], b: 2 }],
  ['a = x/* c */b = 1', { a: 'x', b: 1 }],
  ['a = 1;;,\n;b = 2,,', { a: 1, b: 2 }],
  ['a = 1\r\nb {\r\nc = 2\r\n}\r\n', { a: 1, b: { c: 2 } }],
  ['a = x\0b = 1', { a: 'x', b: 1 }],
  ['a = "x"#\nb = 1', { a: 'x', b: 1 }],
]);

texts('arrays', [
  ['a = [1,,2]', { a: [1, 2] }],
  ['a = [1,]', { a: [1] }],
  ['a = [1;2\n3]', { a: [1, 2, 3] }],
  ['a = [1 2]', { a: ['1 2'] }],
  ['a = [k=1]', { a: ['k=1'] }],
  ['a = [{b = 1} {b = 2}]', { a: [{ b: 1 }, { b: 2 }] }],
  ['a = [[1], [], [[2]]]', { a: [[1], [], [[2]]] }],
  ['a = []', { a: [] }],
  ['a = ["x"\n"y"]', { a: ['x', 'y'] }],
  ['a = [/* c */]', { a: [] }],
  ['a = [ /* c */ 1]', { a: [' 1'] }],
  ['a = 1; a = [2, 3]', { a: repeated(1, [2, 3]) }],
  ['[1, {a = 2}]', [1, { a: 2 }]],
]);

refused('separators and brackets with a mistake', [
  ['a = "x" b = "y"', '1:9 delimiter is missing'],
  ['a = ["x" "y"]', '1:10 delimiter is missing'],
  ['a = [,1]', '1:6 string value must not be empty'],
  ['a = v1, v2', '1:9 unfinished key'],
  ['a = x{y,z}', '1:10 invalid character in a key'],
  [';', '1:1 key must begin with a letter'],
  [',a = 1', '1:1 key must begin with a letter'],
  ['a = [1}', '1:7 unexpected terminating symbol detected'],
  ['a = {b = 1]', '1:11 unexpected terminating symbol detected'],
  ['{a = 1', '1:1 unmatched open brace'],
  ['a {b [1', '1:3 unmatched open brace'],
  ['a = 1}', '1:6 object closed with } is not opened with {'],
  ['a = x\0y', '1:7 unfinished key'],
]);

texts('the top level', [
  ['', {}],
  ['# c', {}],
  [' \n\t', {}],
  ['{a = 1}', { a: 1 }],
  ['{a = 1} b = 2', { a: 1 }],
  ['{a = 1}}', { a: 1 }],
  ['# c\n{a = 1}', { a: 1 }],
  ['\n \n{a = 1}', { a: 1 }],
]);

refused('braces after a blank that follows a comment are no braces of the top level', [
  ['# c\n {a = 1}', '2:2 key must begin with a letter'],
  ['\n# c\n{a = 1}', '3:1 key must begin with a letter'],
]);

texts('comments', [
  ['// c\na = 1', { '//': 'c', a: 1 }],
  ['a = 1 // c', { a: '1 // c' }],
  ['/* x /* y */ z */ a = 1', { a: 1 }],
  ['/* "x */" */ a = 1', { a: 1 }],
  ["/* it's */ a = 1", { a: 1 }],
  ['/***/ a = 1; /**/', { a: 1 }],
  ['a = x#y', { a: 'x' }],
  ['a = 1 /* c */ b = 2', { a: '1', b: 2 }],
  ['a { # c\n}', { a: {} }],
]);

refused('comments that do not end', [
  ['/* " */ a = 1', '1:1 unfinished multiline comment'],
  ['a = 1; /* x /* y */', '1:8 unfinished multiline comment'],
  ['a = 1; /*/', '1:8 unfinished multiline comment'],
]);

texts('JSON', [
  ['{"a": {"b": [1, 2.5, true, null, "x"]}}', { a: { b: [1, float(2.5), true, null, 'x'] } }],
  ['{"a"\n: 1}', { a: ': 1' }],
  ['{"a" :\n1}', { a: 1 }],
  ['{"a": -0}', { a: 0 }],
]);
