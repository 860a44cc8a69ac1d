import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message, type MimePart } from '../../../src/scan/message/index.ts';

const message = (text: string) => new Message(Buffer.from(text, 'latin1'));

/** `0 multipart/mixed[1 text/plain "x"]` */
function show(parts: readonly MimePart[]): string {
  const one = (part: MimePart): string => {
    const inside = part.children.map(one).join(' ');
    const own = parts
      .filter((other) => other.parent === part && !part.children.includes(other))
      .map(one)
      .join(' ');
    const content =
      part.kind === 'multipart' ? `[${inside}]` : own === '' ? JSON.stringify(part.content.text) : `{${own}}`;
    return `${part.id} ${part.type.type}/${part.type.subtype}${part.type.broken ? '!' : ''} ${content}`;
  };
  return parts
    .filter((part) => part.parent === undefined)
    .map(one)
    .join(' | ');
}

test('trees and their repairs', () => {
  const multi = (boundary: string, ...lines: string[]) =>
    `Content-Type: multipart/mixed${boundary}\n\n${lines.join('\n')}\n`;
  const cases: ReadonlyArray<readonly [string, string, boolean?]> = [
    ['A: b\n\nhi', '0 text/plain "hi"'],
    [
      multi('; boundary=b', 'x', '--b', '', 'one', '--b', 'Content-Type: text/html', '', 'two', '--b--', 'end'),
      '0 multipart/mixed [1 text/plain "\\none\\n" 2 text/html "two\\n"]',
    ],
    // No boundary is named: the first candidate is it.
    [multi('', '--q', '', 'one', '--q--'), '0 multipart/mixed [1 text/plain "\\none\\n"]'],
    // One is named that never comes: the parts belong to nobody.
    [multi('; boundary=z', '--q', '', 'one', '--q--'), '0 multipart/mixed [] | 1 text/plain "\\none\\n"'],
    [multi('; boundary=b', '--b', '', 'never closed'), '0 multipart/mixed [1 text/plain "\\nnever closed\\n"]'],
    [multi('; boundary=b', '--B', '', 'case', '--b--'), '0 multipart/mixed [1 text/plain "\\ncase\\n"]'],
    [multi('; boundary="b--"', '--b--', '', 'dashes', '--b----'), '0 multipart/mixed [1 text/plain "dashes\\n"]'],
    [multi('; boundary=b'), '0 multipart/mixed []'],
    [
      'Content-Type: multipart/alternate; boundary=b\n\n--b\n\nx\n--b--\n',
      '0 multipart/alternative! [1 text/plain "\\nx\\n"]',
    ],
    ['Content-Type: html\n\nx', '0 text/html! "x"'],
    ['Content-Type: text; plain\n\nx', '0 text/! "x"'],
    [
      'Content-Type: text/html\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--',
      '0 multipart/mixed [1 text/plain "\\nx\\n"]',
    ],
    ['Content-Type: message/rfc822\n\nA: b\n\nx', '0 message/rfc822 {1 text/plain "x"}'],
    ['Content-Type: message/delivery-status\n\nA: b\n', '0 message/delivery-status "A: b\\n"'],
    [
      multi(
        '; boundary=b',
        '--b',
        'Content-Type: message/rfc822',
        '',
        'Content-Type: multipart/mixed; boundary=c',
        '',
        '--c',
        '',
        'in',
        '--c--',
        '--b--',
      ),
      '0 multipart/mixed [1 message/rfc822 {2 multipart/mixed [3 text/plain "\\nin\\n"]}]',
    ],
  ];
  for (const [text, tree] of cases) assert.equal(show(message(text).parts), tree, text);
});

test('a container that ends without its boundary is a fault', () => {
  const inner = '--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n';
  const outer = (rest: string) => message(`Content-Type: multipart/mixed; boundary=b\n\n${inner}${rest}`);
  assert.equal(outer('--c--\n--b--\n').broken, false);
  assert.equal(outer('--b\n\ny\n--b--\n').broken, true);
});

test('transfer encodings', () => {
  const decoded = (encoding: string, body: string) => {
    const [part] = message(`Content-Transfer-Encoding: ${encoding}\nContent-Type: text/plain\n\n${body}`).parts;
    return [part?.encoding, part?.content.text, part?.type.broken];
  };
  const cases: ReadonlyArray<readonly [string, string, readonly [string, string, boolean]]> = [
    ['base64', 'aGVsbG8=', ['base64', 'hello', false]],
    ['BASE64;', 'aGV!sb\n G8', ['base64', 'hello', false]],
    ['base-64', 'QQ==QkI=', ['base64', 'ABB', false]],
    ['base64', 'QUI=Qg==', ['base64', 'AB\x10', false]],
    ['base64', 'a-_GVsbG8=', ['base64', 'hello', false]],
    ['quoted-printable', 'a=3Db=\r\nc=ZZ=4', ['quoted-printable', 'a=bc=ZZ', false]],
    ['quoted-printable', '=C3=A9=', ['quoted-printable', '\xc3\xa9=', false]],
    ['x-uuencode', 'begin 644 f\n#0V%T\n`\nend\n', ['X-uuencode', 'Cat', false]],
    ['uuencode', 'begin-base64 644 f\nQ2F0', ['X-uuencode', 'Cat', false]],
    ['uuencode', 'no begin at all', ['8bit', 'no begin at all', true]],
    ['binary', 'x', ['8bit', 'x', false]],
    ['what', 'x', ['unknown', 'x', false]],
  ];
  for (const [encoding, body, expected] of cases) assert.deepEqual(decoded(encoding, body), expected, body);
});

test('an encoding is taken over from the container', () => {
  const { parts } = message(
    'Content-Transfer-Encoding: 8bit\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Transfer-Encoding: base64\n\neA==\n--b--\n',
  );
  assert.deepEqual(
    parts.map((part) => part.encoding),
    ['8bit', '8bit', 'base64'],
  );
});

test('file names and dispositions', () => {
  const named = (headers: string) => {
    const [part] = message(`${headers}\n\nx`).parts;
    return [part?.disposition?.type, Buffer.from(part?.filename ?? '', 'latin1').toString('utf8')];
  };
  const cases: ReadonlyArray<readonly [string, readonly [string, string]]> = [
    ['Content-Disposition: attachment; filename="a b.txt"', ['attachment', 'a b.txt']],
    ['Content-Disposition: inline; filename=a b.txt', ['inline', 'a']],
    ["Content-Disposition: attachment; filename*=utf-8''%e2%82%ac.txt", ['attachment', '€.txt']],
    ['Content-Disposition: attachment; filename*1=".txt"; filename*0="a"', ['attachment', 'a.txt']],
    ["Content-Disposition: attachment; filename*0*=utf-8'de'%c3; filename*1*=%a9", ['attachment', 'é']],
    ['Content-Disposition: attachment; filename="=?utf-8?Q?=C3=A9.txt?="', ['attachment', 'é.txt']],
    ['Content-Disposition: strange; filename=x', ['attachment', 'x']],
    ['Content-Disposition: attachment; filename="open', ['attachment', '']],
    ['Content-Disposition: inline\nContent-Type: text/plain; name="T.txt"', ['attachment', 'T.txt']],
    ['Content-Type: text/plain; name="T.txt"', ['attachment', 'T.txt']],
    ['Content-Type: text/plain; filename="T.txt"', ['attachment', 't.txt']],
    ['Content-Disposition: /', ['inline', '']],
    ['X: y', ['inline', '']],
  ];
  for (const [headers, expected] of cases) assert.deepEqual(named(headers), expected, headers);
});

test('parameters of a type', () => {
  const params = (value: string) =>
    Object.fromEntries(message(`Content-Type: ${value}\n\nx`).parts[0]?.type.params ?? []);
  const cases: ReadonlyArray<readonly [string, Record<string, string>]> = [
    ['text/plain; charset=UTF-8; Format=FLOWED', { charset: 'UTF-8', format: 'flowed' }],
    ['text/plain; charset = "utf-8"', { charset: 'utf-8' }],
    ['text/plain (c); charset=utf-8 (c) x=y', { charset: 'utf-8', x: 'y' }],
    ['text/plain; a=1; a=2', { a: '1' }],
    ['text/plain; charset=utf-8;', { charset: 'utf-8' }],
    ['text/plain; a="x\\"y"', { a: 'x\\"y' }],
    ['text/plain; charset', {}],
  ];
  for (const [value, expected] of cases) assert.deepEqual(params(value), expected, value);
});
