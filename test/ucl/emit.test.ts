import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  emitJson,
  emitJsonCompact,
  emitUcl,
  loadText,
  parseText,
  type Source,
  type UclObject,
  type UclValue,
} from '../../src/ucl/index.ts';
import { slow } from '../support/project.ts';

function load(text: string): UclObject {
  const { root, diagnostics } = loadText(text);
  assert.ok(root !== undefined, diagnostics[0]?.message);
  return root;
}

test('UCL: keys with =, containers without, repeated keys repeated', { timeout: 60_000 }, () => {
  const root = load(`
    a = 1; "b c" = yes; d = null; e = 1.5; f = 90s; g = 'don\\'t';
    s x { t = "q\\"\\\\\\n" } s x {}
    l = [1, "two", { three = 3 }, [4], []]; l2 = []
    r = 1; r = 2
    h = <<END\nfirst\n\nsecond\nEND\n`);
  assert.equal(
    emitUcl(root),
    `a = 1;
"b c" = true;
d = null;
e = 1.500000;
f = 90.0;
g = 'don\\'t';
s {
    x {
        t = "q\\"\\\\\\n";
    }
}
s {
    x {}
}
l [
    1,
    "two",
    {
        three = 3;
    }
    [
        4,
    ]
    []
]
l2 []
r = 1;
r = 2;
h = <<EOD
first

second
EOD;
`,
  );
});

test('JSON, indented and compact', { timeout: 60_000 }, () => {
  const root = load('a = 1; s { b = "x"; c = [1, { d = 2s; }] } e {} f = [] r = 1; r = 2; t = "x"; t = "y"; n = nan');
  assert.equal(
    emitJson(root),
    `{
    "a": 1,
    "s": {
        "b": "x",
        "c": [
            1,
            {
                "d": 2.0
            }
        ]
    },
    "e": {},
    "f": [],
    "r": [        1,
        2],
    "t": [
        "x",
        "y"
    ],
    "n": null
}`,
  );
  const compact = '{"a":1,"s":{"b":"x","c":[1,{"d":2.0}]},"e":{},"f":[],"r":[1,2],"t":["x","y"],"n":null}';
  assert.equal(emitJsonCompact(root), compact);
});

test('numbers as Rspamd writes them', { timeout: 60_000 }, () => {
  const cases: readonly (readonly [literal: string, written: string])[] = [
    ['52428800', '52428800'],
    ['1.0', '1.0'],
    ['-0.0', '-0.0'],
    ['0.1', '0.100000'],
    ['3.14159265', '3.141593'],
    ['1e-9', '0.000000'],
    ['-0.0000005', '-0.000001'],
    ['2147483647.0', '2147483647.0'],
    ['2147483648.0', '2147483648.000000'],
    ['5e9', '5e+9'],
    ['1e20', '1e+20'],
    ['1.5e20', '1.5e+20'],
    ['100000000.0', '1e+8'],
    ['9.9999996', '10.000000'],
    ['123456.7890125', '123456.789013'],
    ['60s', '60.0'],
    ['1500ms', '1.500000'],
    ['inf', 'null'],
  ];
  for (const [literal, written] of cases) assert.equal(emitJsonCompact(load(`a = ${literal}`)), `{"a":${written}}`);
});

test('bytes as Rspamd writes them, or all of them', { timeout: 60_000 }, () => {
  const value: UclValue = { ...common, type: 'string', style: 'quoted', value: '\0\x01\b\t\n\v\f\r\x1f"\\/\x7f\xff' };
  assert.equal(emitUcl(value), '"\\u0000\\uFFFD\\b\\t\\n\\u000B\\f\\r\\uFFFD\\"\\\\/\\uFFFD\xff"');
  assert.equal(emitUcl(value, { exact: true }), '"\\u0000\\u0001\\b\\t\\n\\u000B\\f\\r\\u001f\\"\\\\/\\u007f\xff"');
});

test('long strings of several lines are heredocs, unless one of the lines would end it', { timeout: 60_000 }, () => {
  const long = `${'x'.repeat(80)}\ny`;
  assert.equal(emitUcl(load(`a = '${long}'`)), `a = <<EOD\n${long}\nEOD;\n`);
  assert.equal(emitUcl(load("a = 'x\ny'")), "a = 'x\ny';\n");
  assert.equal(emitUcl(load(`a = <<END\n${long}\nEOD\nEND\n`)), `a = "${long.replace('\n', '\\n')}\\nEOD";\n`);
});

test('keys that cannot be written bare are quoted', { timeout: 60_000 }, () => {
  assert.equal(
    emitUcl(load('"a" = 1; "a.b" = 1; ".a" = 1; "a b" = 1; "$a" = 1; "\xe9" = 1; "a\\"" = 1')),
    ['a = 1;', 'a.b = 1;', '".a" = 1;', '"a b" = 1;', '"$a" = 1;', '\xe9 = 1;', '"a\\"" = 1;', ''].join('\n'),
  );
});

test('comments before keys', { timeout: 60_000 }, () => {
  const root = load('s { a = 1; b = [ { c = 1 } ] } s { a = 2 }');
  const comment = (path: readonly string[]): string[] | undefined =>
    path.join('.') === 's.a' ? ['An a.', 'Type: int'] : undefined;
  assert.equal(
    emitUcl(root, { comment }),
    `s {
    /*
     * An a.
     * Type: int
     */
    a = 1;
    b [
        {
            c = 1;
        }
    ]
}
s {
    /*
     * An a.
     * Type: int
     */
    a = 2;
}
`,
  );
});

const nowhere: Source = { name: 'test', text: '', includedFrom: undefined };
const common = { priority: 0, at: { source: nowhere, offset: 0 } };

const byteStrings = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
const likelyStrings = fc.constantFrom(
  'yes',
  '5s',
  '10k',
  'null',
  'a\nEOD\nb',
  "it's",
  '\\',
  "\\'",
  '$X',
  '{',
  '<<EOD\n',
  '\\\n',
);
const anyString = fc.oneof({ weight: 3, arbitrary: byteStrings }, { weight: 1, arbitrary: likelyStrings });
// No text gives a number so small that it has lost digits: libucl takes it for a range error.
const normalDoubles = fc
  .double({ noDefaultInfinity: true, noNaN: true })
  .filter((value) => value === 0 || Math.abs(value) >= 2 ** -1022);
const scalars: fc.Arbitrary<UclValue> = fc.oneof(
  fc
    .tuple(anyString, fc.constantFrom('bare', 'quoted', 'single', 'heredoc'))
    .map(([value, style]): UclValue => ({ ...common, type: 'string', value, style: style as 'quoted' })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): UclValue => ({ ...common, type: 'int', value })),
  fc
    .oneof(normalDoubles, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY))
    .map((value): UclValue => ({ ...common, type: 'float', value })),
  normalDoubles.map((value): UclValue => ({ ...common, type: 'time', value })),
  fc.boolean().map((value): UclValue => ({ ...common, type: 'boolean', value })),
  fc.constant<UclValue>({ ...common, type: 'null' }),
);
const { tree } = fc.letrec<{ tree: UclValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalars,
    fc
      .array(tie('tree'), { maxLength: 4 })
      .map((items): UclValue => ({ ...common, type: 'array', items, implicit: false })),
    objects(tie('tree')),
  ),
}));

function objects(values: fc.Arbitrary<UclValue>): fc.Arbitrary<UclObject> {
  const repeatedOnes = fc.array(values, { minLength: 2, maxLength: 3 });
  const entries = fc.oneof(
    { weight: 4, arbitrary: values },
    {
      weight: 1,
      arbitrary: repeatedOnes.map((items): UclValue => ({ ...common, type: 'array', items, implicit: true })),
    },
  );
  const keys = byteStrings.filter((key) => key !== '');
  return fc.array(fc.tuple(keys, entries), { maxLength: 4 }).map((pairs) => ({
    ...common,
    type: 'object' as const,
    entries: new Map(pairs.map(([key, value]) => [key, { key, at: common.at, value }] as const)),
  }));
}

/** A value without what a text cannot say: places and styles of strings. */
function essence(value: UclValue): unknown {
  switch (value.type) {
    case 'object':
      return [...value.entries.values()].map((one) => [one.key, essence(one.value)]);
    case 'array':
      return [value.implicit, ...value.items.map(essence)];
    case 'null':
      return null;
    default:
      return [value.type, value.value];
  }
}

const numRuns = slow ? 20_000 : 1000;

test('what is written exactly is read as the same value', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(objects(tree), (value) => {
      const text = emitUcl(value, { exact: true });
      const parsed = parseText(text, { flags: { macros: false } });
      assert.ok(parsed.value !== undefined, parsed.diagnostics[0]?.message);
      assert.deepEqual(essence(parsed.value), essence(value), text);
    }),
    { numRuns },
  );
});

test('what is written as Rspamd does is read, and written the same', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(objects(tree), (value) => {
      const text = emitUcl(value);
      const parsed = parseText(text, { flags: { macros: false } });
      assert.ok(parsed.value !== undefined, `${parsed.diagnostics[0]?.message}: ${text}`);
      assert.equal(
        emitUcl(parsed.value),
        emitUcl(parseText(emitUcl(parsed.value), { flags: { macros: false } }).value ?? value),
      );
    }),
    { numRuns },
  );
});

test('JSON is JSON', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(objects(tree), (value) => {
      for (const exact of [true, false]) {
        const pretty = JSON.parse(emitJson(value, { exact })) as unknown;
        assert.deepEqual(JSON.parse(emitJsonCompact(value, { exact })), pretty);
      }
    }),
    { numRuns },
  );
});
