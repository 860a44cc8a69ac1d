import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Double,
  decodeMsgpack,
  encodeMsgpack,
  MsgpackError,
  type MsgpackErrorKind,
  type MsgpackInput,
  type MsgpackValue,
} from '../../../src/wire/msgpack/index.ts';
import { below, fuzz, mutate, noise, numRuns, rounds } from '../support/fuzz.ts';

const ofKind = (kind: MsgpackErrorKind) => (error: unknown) => error instanceof MsgpackError && error.kind === kind;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Value and bytes as rspamadm's ucl.to_format gives them (4.1.6), each within a list of one. */
const pairs: ReadonlyArray<readonly [value: MsgpackInput, bytes: string]> = [
  [null, 'c0'],
  [false, 'c2'],
  [true, 'c3'],
  [0, '00'],
  [127, '7f'],
  [128, 'cc80'],
  [255, 'ccff'],
  [256, 'cd0100'],
  [65_535, 'cdffff'],
  [65_536, 'ce00010000'],
  [4_294_967_295, 'ceffffffff'],
  [4_294_967_296, 'cf0000000100000000'],
  [2n ** 63n - 1n, 'cf7fffffffffffffff'],
  [-1, 'ff'],
  [-32, 'e0'],
  [-33, 'd0df'],
  [-127, 'd081'],
  [-128, 'd1ff80'],
  [-32_767, 'd18001'],
  [-32_768, 'd2ffff8000'],
  [-2_147_483_647, 'd280000001'],
  [-2_147_483_648, 'd3ffffffff80000000'],
  [-(2n ** 63n), 'd38000000000000000'],
  [1.5, 'cb3ff8000000000000'],
  [-0, 'cb8000000000000000'],
  [new Double(15), 'cb402e000000000000'],
  ['', 'a0'],
  ['x'.repeat(31), `bf${'78'.repeat(31)}`],
  ['x'.repeat(32), `d920${'78'.repeat(32)}`],
  ['x'.repeat(256), `da0100${'78'.repeat(256)}`],
  ['x'.repeat(65_536), `db00010000${'78'.repeat(65_536)}`],
  ['ż', 'a2c5bc'],
  [Buffer.from([1, 2]), 'c4020102'],
  [[], '90'],
  [{}, '80'],
  [Array<number>(15).fill(1), `9f${'01'.repeat(15)}`],
  [Array<number>(16).fill(1), `dc0010${'01'.repeat(16)}`],
  [Array<number>(65_536).fill(1), `dd00010000${'01'.repeat(65_536)}`],
  [{ a: 1, b: [2] }, '82a16101a1629102'],
  [
    Object.fromEntries(Array.from({ length: 16 }, (_, at) => [String.fromCharCode(97 + at), 0])),
    `de0010${Array.from({ length: 16 }, (_, at) => `a1${(97 + at).toString(16)}00`).join('')}`,
  ],
];

for (const [value, bytes] of pairs) {
  const wanted = hex(`91${bytes}`);
  test(`${bytes.slice(0, 20)}: there and back`, () => {
    assert.ok(encodeMsgpack([value]).equals(wanted), encodeMsgpack([value]).toString('hex', 0, 40));
    assert.deepEqual(decodeMsgpack(wanted), [value instanceof Double ? value.value : value]);
  });
}

test('forms that Rspamd does not write are read as well', () => {
  const list = hex(
    '9a d080 cc01 cd0001 ce00000001 cf0000000000000001 d3ffffffffffffffff ca3fc00000 d90161 c50001ff dd00000000',
  );
  assert.deepEqual(decodeMsgpack(list), [-128, 1, 1, 1, 1, -1, 1.5, 'a', Buffer.from([255]), []]);
  assert.deepEqual(decodeMsgpack(hex('df00000001 c40161 01')), { a: 1 });
  assert.deepEqual(decodeMsgpack(hex('91 cfffffffffffffffff')), [2n ** 64n - 1n]);
});

test('every kind of value, wherever the memory of the writer ends', () => {
  const values = [2n ** 60n, -(2n ** 60n), 0.1, 70_000, 'x'.repeat(20), Buffer.from('binary'), [1], { a: 1 }, true];
  for (const value of values) {
    for (let offset = 0; offset < 24; offset++) {
      const list = ['y'.repeat(1000 + offset), value, value];
      assert.deepEqual(decodeMsgpack(encodeMsgpack(list)), list);
    }
  }
});

test('numbers that are none survive', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE, 2 ** 60]) {
    assert.deepEqual(decodeMsgpack(encodeMsgpack([value])), [value]);
  }
});

const refused: ReadonlyArray<readonly [name: string, kind: MsgpackErrorKind, data: Buffer]> = [
  ['nothing', 'truncated', hex('')],
  ['a list that is cut', 'truncated', hex('92 01')],
  ['a map without the last value', 'truncated', hex('81 a161')],
  ['a text that is cut', 'truncated', hex('91 a3 6161')],
  ['a number that is cut', 'truncated', hex('91 cb 0000')],
  ['a list of four thousand million', 'truncated', hex('dd ffffffff 00')],
  ['a map of four thousand million', 'truncated', hex('df ffffffff 00')],
  ['a text of four thousand million', 'truncated', hex('91 db ffffffff 00')],
  ['a number at the top', 'top', hex('05')],
  ['nil at the top', 'top', hex('c0')],
  ['a text at the top', 'top', hex('a161')],
  ['binary data at the top', 'top', hex('c40161')],
  ['two values', 'trailing', hex('90 90')],
  ['an extension', 'type', hex('91 d4 0000')],
  ['a time stamp', 'type', hex('91 d6ff 00000000')],
  ['the unused tag', 'type', hex('91 c1')],
  ['a number as a key', 'key', hex('81 01 01')],
  ['an empty key', 'key', hex('81 a0 01')],
  ['a key twice', 'key', hex('82 a16101 a16102')],
  ['a key that is no UTF-8', 'text', hex('81 a1ff 01')],
  ['a text that is no UTF-8', 'text', hex('91 a2c328')],
  ['a thousand lists in each other', 'depth', Buffer.concat([Buffer.alloc(1000, 0x91), hex('90')])],
  ['a thousand maps in each other', 'depth', Buffer.concat([...Array<Buffer>(1000).fill(hex('81a161')), hex('80')])],
  ['more values than allowed', 'size', Buffer.concat([hex('dd 000f4240'), Buffer.alloc(1_000_000, 0xc0)])],
];

for (const [name, kind, data] of refused) {
  test(`refused: ${name}`, () => assert.throws(() => decodeMsgpack(data), ofKind(kind)));
}

test('limits can be set', () => {
  const limits = { depth: 2, values: 3 };
  assert.deepEqual(decodeMsgpack(hex('91 91 01'), 'utf8', limits), [[1]]);
  assert.throws(() => decodeMsgpack(hex('91 91 90'), 'utf8', limits), ofKind('depth'));
  assert.throws(() => decodeMsgpack(hex('93 01 02 03'), 'utf8', limits), ofKind('size'));
});

test('what cannot be written is refused', () => {
  let deep: MsgpackInput = [];
  for (let depth = 0; depth < 1000; depth++) deep = [deep];
  assert.throws(() => encodeMsgpack(deep), ofKind('depth'));
  assert.throws(() => encodeMsgpack([2n ** 64n]), ofKind('size'));
  assert.throws(() => encodeMsgpack([-(2n ** 63n) - 1n]), ofKind('size'));
  assert.throws(() => encodeMsgpack({ '': 1 }), ofKind('key'));
});

test('in latin1 every byte survives', () => {
  const bytes = Buffer.concat([hex('81 dc'.slice(0, 2)), hex('a1ff d9 ff'), Buffer.alloc(255, 0xe9)]);
  const value = decodeMsgpack(bytes, 'latin1');
  assert.deepEqual(value, { '\xff': '\xe9'.repeat(255) });
  assert.ok(encodeMsgpack(value as MsgpackInput, 'latin1').equals(bytes));
});

test('__proto__ is a key like any other', () => {
  const value = decodeMsgpack(encodeMsgpack(JSON.parse('{"__proto__":{"x":1},"constructor":2}') as MsgpackInput));
  assert.equal(JSON.stringify(value), '{"__proto__":{"x":1},"constructor":2}');
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal((value as { x?: unknown }).x, undefined);
});

const anyValue = fc.letrec<{ value: MsgpackValue; list: MsgpackValue[]; map: { [key: string]: MsgpackValue } }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((value) => !Number.isSafeInteger(Number(value))),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      tie('list'),
      tie('map'),
    ) as fc.Arbitrary<MsgpackValue>,
    list: fc.array(tie('value') as fc.Arbitrary<MsgpackValue>, { maxLength: 20 }),
    map: fc.dictionary(fc.string({ minLength: 1 }), tie('value') as fc.Arbitrary<MsgpackValue>, {
      noNullPrototype: true,
      maxKeys: 20,
    }),
  }),
);

test('what was written is read back', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.oneof(anyValue.list, anyValue.map), (value) => {
      assert.deepEqual(decodeMsgpack(encodeMsgpack(value)), value);
    }),
    { numRuns },
  );
});

test('damaged data gives a value or a MsgpackError', { timeout: 120_000 }, () => {
  const seeds = [
    encodeMsgpack({
      score: new Double(1),
      symbols: { A: { name: 'A', options: ['x', 'y'] } },
      n: [1, -200, 70_000, null],
    }),
    encodeMsgpack(pairs.slice(0, 29).map(([value]) => value)),
  ];
  let refusals = 0;
  const taken = fuzz(51, (random) => {
    const seed = seeds[below(random, seeds.length)] as Buffer;
    const data = random() < 0.2 ? noise(below(random, 60), random) : mutate(seed, random);
    try {
      const value = decodeMsgpack(data, random() < 0.5 ? 'utf8' : 'latin1');
      assert.deepEqual(decodeMsgpack(encodeMsgpack(value as MsgpackInput, 'latin1'), 'latin1'), value);
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      refusals++;
    }
  });
  assert.equal(taken, rounds);
  assert.ok(refusals > 0 && refusals < rounds);
});
