import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MultipartError,
  type MultipartErrorKind,
  parseContentType,
  parseMultipart,
  writeMultipart,
} from '../../../src/wire/multipart/index.ts';
import { below, fuzz, mutate, noise, numRuns, rounds } from '../support/fuzz.ts';
import { readLeniently } from './lenient.ts';

const ofKind = (kind: MultipartErrorKind) => (error: unknown) => error instanceof MultipartError && error.kind === kind;

const form = 'multipart/form-data; boundary=b';
const bytes = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');
const metadata = 'Content-Disposition: form-data; name="metadata"';
const message = 'Content-Disposition: form-data; name="message"';

test('a form as clients send it', () => {
  const body = bytes(
    '--b',
    `${metadata}; filename="m.json"`,
    'Content-Type: application/JSON; charset=utf-8',
    '',
    '{}',
    '--b',
    'content-disposition: form-data; name=message',
    'Content-Encoding: ZSTD',
    'X-Other: 1',
    '',
    'Subject: x',
    '',
    '--a',
    '--b--',
    '',
  );
  const [first, second, ...more] = parseMultipart(body, form);
  assert.equal(more.length, 0);
  assert.deepEqual(
    [first?.name, first?.filename, first?.contentType, first?.encoding, first?.body.toString()],
    ['metadata', 'm.json', 'application/json', undefined, '{}'],
  );
  assert.deepEqual(
    [second?.name, second?.filename, second?.contentType, second?.encoding, second?.body.toString()],
    ['message', undefined, '', 'zstd', 'Subject: x\r\n\r\n--a'],
  );
  assert.equal(second?.headers.get('x-other'), '1');
});

test('part bodies are views of the whole', () => {
  const body = bytes('--b', message, '', 'hello', '--b--');
  const [part] = parseMultipart(body, form);
  body.write('J', body.indexOf('hello'));
  assert.equal(part?.body.toString(), 'Jello');
  assert.equal(part?.body.buffer, body.buffer);
});

test('a mixed body needs no names', () => {
  const [part] = parseMultipart(
    bytes('--b', 'Content-Type: text/plain', '', '', '--b--'),
    'multipart/mixed; boundary=b',
  );
  assert.deepEqual([part?.name, part?.contentType, part?.body.length], [undefined, 'text/plain', 0]);
});

test('values keep their bytes, also where JavaScript sees a blank', () => {
  const [part] = parseMultipart(
    bytes('--b', 'Content-Disposition: form-data; name="\xc3\xa0"', 'X:\xa0 ', '', 'x', '--b--'),
    form,
  );
  assert.deepEqual([part?.name, part?.headers.get('X')], ['\xc3\xa0', '\xa0']);
});

test('encodings', () => {
  const encoding = (...headers: string[]) =>
    parseMultipart(bytes('--b', message, ...headers, '', 'x', '--b--'), form)[0]?.encoding;
  assert.equal(encoding('Content-Encoding: identity'), undefined);
  assert.equal(encoding('Content-Transfer-Encoding: binary'), undefined);
  assert.equal(encoding('Content-Transfer-Encoding: 8bit'), undefined);
  for (const headers of [
    ['Content-Encoding: gzip'],
    ['Content-Encoding: zstd, zstd'],
    ['Content-Encoding: zstd', 'Content-Transfer-Encoding: binary'],
    ['Content-Transfer-Encoding: base64'],
  ]) {
    assert.throws(() => encoding(...headers), ofKind('encoding'), headers.join());
  }
});

test('Content-Type', () => {
  assert.deepEqual(parseContentType('Multipart/Form-Data; charset=x; boundary="a b:?"'), {
    subtype: 'form-data',
    boundary: 'a b:?',
  });
  assert.deepEqual(parseContentType(' multipart/mixed;boundary=AbC '), { subtype: 'mixed', boundary: 'AbC' });
  assert.equal(parseContentType(`multipart/mixed; boundary=${'x'.repeat(70)}`).boundary.length, 70);
  for (const text of [
    '',
    'text/plain; boundary=a',
    'multipart/related; boundary=a',
    'multipart/form-data; boundary',
    'multipart/form-data; boundary=a; boundary=a',
    'multipart/form-data boundary=a',
    'multipart/form-data; boundary="a',
    'multipart/form-data; boundary=a b',
  ]) {
    assert.throws(() => parseContentType(text), ofKind('content-type'), text);
  }
  for (const text of [
    'multipart/form-data',
    'multipart/mixed; boundary=""',
    'multipart/mixed; boundary="a "',
    'multipart/mixed; boundary="a\xff"',
    `multipart/mixed; boundary=${'x'.repeat(71)}`,
    'multipart/mixed; boundary=a; Boundary=b',
    'multipart/mixed; boundary=a; boundary*0=b',
    'multipart/mixed; BOUNDARY=a',
    'multipart/mixed; boundary=a!',
  ]) {
    assert.throws(() => parseContentType(text), ofKind('boundary'), text);
  }
});

const close = '--b--';
const refused: ReadonlyArray<readonly [name: string, kind: MultipartErrorKind, body: Buffer]> = [
  ['nothing', 'delimiter', bytes('')],
  ['no parts', 'delimiter', bytes(close)],
  ['a preamble', 'delimiter', bytes('hello', '--b', message, '', 'x', close)],
  ['a line end in front', 'delimiter', bytes('', '--b', message, '', 'x', close)],
  ['an epilogue', 'delimiter', bytes('--b', message, '', 'x', close, 'more')],
  ['an epilogue of one letter', 'delimiter', bytes('--b', message, '', 'x', `${close}x`)],
  ['two line ends at the end', 'delimiter', bytes('--b', message, '', 'x', close, '', '')],
  ['no closing boundary', 'delimiter', bytes('--b', message, '', 'x')],
  ['a cut closing boundary', 'delimiter', bytes('--b', message, '', 'x', '--b-')],
  ['a closing boundary that is none', 'delimiter', bytes('--b', message, '', 'x', '--b')],
  ['a longer boundary', 'delimiter', bytes('--b', message, '', 'x', '--bc', '', close)],
  ['blanks behind a boundary', 'delimiter', bytes('--b ', message, '', 'x', close)],
  ['bare line ends', 'delimiter', Buffer.from(`--b\n${message}\n\nx\n--b--\n`)],
  ['no headers', 'header', bytes('--b', '', 'x', close)],
  ['no headers, but what looks like some', 'header', bytes('--b', '', message, '', 'x', close)],
  ['no blank line', 'header', bytes('--b', message, close)],
  ['the boundary in place of the blank line', 'header', bytes('--b', message, '', '--b--')],
  ['a bare line end between headers', 'header', bytes('--b', `${message}\nContent-Encoding: zstd`, '', 'x', close)],
  ['a folded header', 'header', bytes('--b', 'Content-Disposition: form-data;', ' name="a"', '', 'x', close)],
  ['a header without colon', 'header', bytes('--b', message, 'x', '', 'x', close)],
  ['a blank before the colon', 'header', bytes('--b', 'Content-Disposition : form-data; name="a"', '', 'x', close)],
  ['a NUL', 'header', bytes('--b', `${message}\0`, '', 'x', close)],
  [
    'a header that Rspamd takes for another',
    'header',
    bytes('--b', message, 'Content-Encoding-X: zstd', '', 'x', close),
  ],
  ['a header twice', 'header', bytes('--b', message, message, '', 'x', close)],
  ['a Content-Type twice', 'header', bytes('--b', message, 'Content-Type: a/b', 'content-type: a/b', '', 'x', close)],
  ['a parameter twice', 'header', bytes('--b', `${message}; name="y"`, '', 'x', close)],
  [
    'a name within a file name',
    'header',
    bytes('--b', 'Content-Disposition: form-data; filename="; name=y"; name="x"', '', 'x', close),
  ],
  ['a backslash', 'header', bytes('--b', 'Content-Disposition: form-data; name="a\\"b"', '', 'x', close)],
  ['an open quote', 'header', bytes('--b', 'Content-Disposition: form-data; name="a', '', 'x', close)],
  ['a name first', 'header', bytes('--b', 'Content-Disposition: name=a; name="x"', '', 'x', close)],
  ['no name', 'name', bytes('--b', 'Content-Disposition: form-data', '', 'x', close)],
  ['an empty name', 'name', bytes('--b', 'Content-Disposition: form-data; name=""', '', 'x', close)],
  ['a Name', 'name', bytes('--b', 'Content-Disposition: form-data; Name="a"', '', 'x', close)],
  ['no Content-Disposition', 'name', bytes('--b', 'Content-Type: text/plain', '', 'x', close)],
  ['a name twice', 'name', bytes('--b', message, '', 'x', '--b', message, '', 'y', close)],
  [
    'nine parts',
    'limit',
    bytes(
      ...Array.from({ length: 9 }, (_, at) =>
        bytes('--b', `Content-Disposition: form-data; name=p${at}`, '', 'x').toString(),
      ),
      close,
    ),
  ],
  ['8193 bytes of headers', 'limit', bytes('--b', message, `X: ${'y'.repeat(8193)}`, '', 'x', close)],
];

for (const [name, kind, body] of refused) {
  test(`refused: ${name}`, () => assert.throws(() => parseMultipart(body, form), ofKind(kind)));
}

test('a closing boundary may or may not end its line', () => {
  assert.equal(parseMultipart(bytes('--b', message, '', 'x', close), form).length, 1);
  assert.equal(parseMultipart(bytes('--b', message, '', 'x', close, ''), form).length, 1);
});

test('what was written is read back', { timeout: 60_000 }, () => {
  const part = fc.record(
    {
      name: fc.stringMatching(/^[!#-[\]-~]{1,20}$/),
      contentType: fc.constantFrom('application/json', 'message/rfc822'),
      encoding: fc.constantFrom(undefined, 'zstd' as const),
      body: fc.uint8Array({ maxLength: 300 }).map((body) => Buffer.from(body)),
    },
    { noNullPrototype: true },
  );
  const parts = fc.uniqueArray(part, { minLength: 1, maxLength: 8, selector: ({ name }) => name });
  fc.assert(
    fc.property(parts, fc.constantFrom('form-data' as const, 'mixed' as const), (written, subtype) => {
      fc.pre(written.every(({ name }) => !/(?:file)?name=/.test(name)));
      const { contentType, chunks, length } = writeMultipart(written, subtype);
      const body = Buffer.concat(chunks);
      assert.equal(body.length, length);
      const read = parseMultipart(body, contentType);
      const back = read.map(({ name, contentType, encoding, body }) => ({ name, contentType, encoding, body }));
      assert.deepEqual(back, written);
      for (const { body } of written) assert.ok(body.length === 0 || chunks.includes(body), 'bodies are not copied');
    }),
    { numRuns },
  );
});

test('what cannot be written is refused', () => {
  const body = Buffer.alloc(0);
  assert.throws(() => writeMultipart([], 'mixed'), ofKind('delimiter'));
  assert.throws(() => writeMultipart([{ name: 'a', body }], 'mixed', 'a\r\nb'), ofKind('boundary'));
  for (const name of ['', 'a"b', 'a\r\nb', 'a\\', '\u0100']) {
    assert.throws(() => writeMultipart([{ name, body }], 'mixed'), ofKind('name'));
  }
  assert.throws(() => writeMultipart([{ name: 'a', contentType: 'a/b\r\nX: y', body }], 'mixed'), ofKind('header'));
});

test('damaged bodies are refused, or Rspamd would find the same parts in them', { timeout: 120_000 }, () => {
  const seeds = [
    bytes(
      '--b',
      metadata,
      'Content-Type: application/json',
      '',
      '{}',
      '--b',
      message,
      '',
      'Subject: x',
      '',
      'hello',
      '--b--',
      '',
    ),
    bytes(
      '--b',
      `${metadata}; filename="name"`,
      '',
      '',
      '--b',
      'Content-Disposition: form-data; filename=a; name=message',
      'Content-Encoding: zstd',
      '',
      '\n--b',
      '\n\n',
      '--b--',
    ),
  ];
  const pieces = [
    '\r\n',
    '\n',
    '\r',
    '--b',
    '--',
    ';',
    ' ',
    'name=',
    '"',
    ':',
    message,
    metadata,
    'Content-Encoding: zstd',
    '\r\n\r\n',
    '\n\n',
  ];
  const splice = (seed: Buffer, random: () => number): Buffer => {
    const [from, drop] = [below(random, seed.length), below(random, 6)];
    const piece = Buffer.from(pieces[below(random, pieces.length)] as string);
    return Buffer.concat([seed.subarray(0, from), piece, seed.subarray(from + drop)]);
  };
  let refusals = 0;
  const taken = fuzz(71, (random) => {
    let body = seeds[below(random, seeds.length)] as Buffer;
    for (let times = below(random, 4); times >= 0; times--)
      body = random() < 0.5 ? splice(body, random) : mutate(body, random);
    if (random() < 0.02) body = noise(below(random, 100), random);
    try {
      const parts = parseMultipart(body, form);
      const lenient = readLeniently(body.toString('latin1'), 'b');
      assert.deepEqual(
        parts.map((part) => ({
          name: part.name ?? '',
          body: part.body.toString('latin1'),
          zstd: part.encoding === 'zstd',
        })),
        lenient.map((part) => ({ name: part.name, body: part.body, zstd: /zstd/i.test(part.encoding) })),
      );
    } catch (error) {
      if (!(error instanceof MultipartError)) throw error;
      refusals++;
    }
  });
  assert.equal(taken, rounds);
  assert.ok(refusals > 0 && refusals < rounds);
});
