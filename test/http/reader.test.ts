import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Headers } from '../../src/message/headers.ts';
import { HttpError, MessageReader, parseRequestLine, replyFraming, requestFraming } from '../../src/wire/http/index.ts';
import { slow } from '../support/project.ts';

const runs = { numRuns: slow ? 20_000 : 500 };
const limits = { head: 2000, body: 5000 };

interface Read {
  readonly start: string;
  readonly fields: readonly string[];
  readonly body: string;
}

/** Everything that a reader makes of a stream; the fault it ends with, if it does. */
function readAll(pieces: readonly Buffer[], reply = false): { messages: Read[]; fault: string | undefined } {
  const reader = new MessageReader(limits);
  const messages: Read[] = [];
  let head: { start: string; fields: string[] } | undefined;
  const step = (): boolean => {
    if (head === undefined) {
      head = reader.head();
      if (head === undefined) return false;
      const headers = new Headers(head.fields);
      reader.expect(reply ? replyFraming(200, headers) : requestFraming(headers));
    }
    const body = reader.body();
    if (body === undefined) return false;
    messages.push({ ...head, body: body.toString('latin1') });
    head = undefined;
    return true;
  };
  try {
    for (const piece of pieces) {
      reader.push(Buffer.from(piece));
      while (step());
    }
    const last = reader.end();
    if (last !== undefined && head !== undefined) messages.push({ ...head, body: last.toString('latin1') });
    return { messages, fault: undefined };
  } catch (error) {
    assert.ok(error instanceof HttpError, String(error));
    return { messages, fault: error.message };
  }
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const name = fc
  .stringMatching(/^[A-Za-z][A-Za-z-]{0,12}$/)
  .filter((one) => !/^(content-length|transfer-encoding)$/i.test(one));
const value = fc.stringMatching(/^(?:[!-~\x80-\xff][ -~\t\x80-\xff]{0,30})?$/);
const fields = fc.array(fc.tuple(name, value), { maxLength: 8 });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const lineEnd = fc.constantFrom('\r\n', '\n');

/** A message, what it stands for, and bytes of it that vary: line ends, framing, sizes of chunks. */
const message = fc
  .record({ fields, body, eol: lineEnd, chunk: fc.option(fc.integer({ min: 1, max: 50 })), empty: fc.boolean() })
  .map(({ fields: pairs, body: content, eol, chunk, empty }) => {
    const framing = chunk === null ? ['Content-Length', String(content.length)] : ['Transfer-Encoding', 'chunked'];
    const lines = [...pairs, framing].map(([key, text]) => `${key}: ${text}${eol}`);
    const head = Buffer.from(`${empty ? '\r\n' : ''}POST /x HTTP/1.1${eol}${lines.join('')}${eol}`, 'latin1');
    const chunks = chunk === null ? [content] : chunked(content, chunk, eol);
    const expected: Read = {
      start: 'POST /x HTTP/1.1',
      fields: [...pairs.flat(), ...framing],
      body: content.toString('latin1'),
    };
    return { bytes: Buffer.concat([head, ...chunks]), expected };
  });

function chunked(content: Buffer, size: number, eol: string): Buffer[] {
  const parts = cut(content, size).flatMap((part) => [
    Buffer.from(part.length.toString(16) + eol),
    part,
    Buffer.from(eol),
  ]);
  return [...parts, Buffer.from(`0${eol}Trailer: x${eol}${eol}`)];
}

test('messages come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), fc.integer({ min: 1, max: 700 }), (sent, size) => {
      const pieces = cut(Buffer.concat(sent.map(({ bytes }) => bytes)), size);
      const { messages, fault } = readAll(pieces);
      assert.equal(fault, undefined);
      assert.deepEqual(
        messages,
        sent.map(({ expected }) => expected),
      );
    }),
    runs,
  );
});

/** Pieces that HTTP is made of, in any order, and garbage between them. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'POST / HTTP/1.1\r\n',
        'HTTP/1.1 200 OK\r\n',
        'Content-Length: 5\r\n',
        'Content-Length: ',
        '\r\n',
        '\n',
      ),
      fc.constantFrom(
        'Transfer-Encoding: chunked\r\n',
        '5\r\nabcde\r\n',
        '0\r\n\r\n',
        'fffffffffffff\r\n',
        ' folded\r\n',
        'A:b\n',
      ),
      fc.constantFrom('Host: x\r\n', ':', '\0', '\r', 'x'.repeat(700), '5;'.repeat(99)),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 25 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('whatever comes ends in messages or a fault, the same one however it is cut', () => {
  fc.assert(
    fc.property(soup, fc.boolean(), fc.integer({ min: 1, max: 40 }), (bytes, reply, size) => {
      const whole = readAll([bytes], reply);
      const inPieces = readAll(cut(bytes, size), reply);
      assert.deepEqual(inPieces.messages, whole.messages);
      // A head or a line that is too large may be noticed before something else is wrong in it.
      const large = /larger than|too large|does not end/;
      if (!large.test(`${whole.fault}${inPieces.fault}`)) assert.equal(inPieces.fault, whole.fault);
    }),
    runs,
  );
});

test('sizes are limited, declared or not', () => {
  const fault = (text: string): string | undefined => readAll([Buffer.from(text)]).fault;
  assert.match(fault(`POST / HTTP/1.1\r\nA: ${'x'.repeat(2000)}`) ?? '', /larger than 2000 bytes/);
  assert.match(fault('POST / HTTP/1.1\r\nContent-Length: 5001\r\n\r\n') ?? '', /larger than 5000/);
  assert.match(fault('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1389\r\n') ?? '', /larger than 5000/);
  const chunks = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(5001)}`;
  assert.match(fault(chunks) ?? '', /larger than 5000/);
  const trailer = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(600)}`;
  assert.match(fault(trailer) ?? '', /trailer/);
  const endless = readAll([Buffer.from(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5001)}`)], true);
  assert.match(endless.fault ?? '', /larger than 5000/);
});

test('a request line that is refused is named, one that is taken is understood', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (line) => {
      try {
        assert.match(parseRequestLine(line).target, /^[/*A-Za-z]/);
      } catch (error) {
        assert.ok(error instanceof HttpError);
        assert.match(error.message, /^[\x20-\x7e…]+$/);
      }
    }),
    runs,
  );
  assert.deepEqual(parseRequestLine('M-SEARCH  *  HTTP/1.0'), { method: 'M-SEARCH', target: '*', minor: 0 });
});

test('a message in the smallest pieces costs no more than its length', { timeout: 60_000 }, () => {
  const bytes = Buffer.from(
    `POST / HTTP/1.1\r\n${'A: b\r\n'.repeat(13_000)}Content-Length: 400000\r\n\r\n${'x'.repeat(400_000)}`,
  );
  const reader = new MessageReader({ head: 80 * 1024, body: 1_000_000 });
  const began = performance.now();
  let head: { fields: string[] } | undefined;
  let read: Buffer | undefined;
  for (let at = 0; at < bytes.length; at++) {
    reader.push(bytes.subarray(at, at + 1));
    head ??= reader.head();
    if (head !== undefined && !reader.busy) reader.expect(400_000);
    if (head !== undefined) read = reader.body();
  }
  assert.equal(head?.fields.length, 26_002);
  assert.equal(read?.length, 400_000);
  assert.ok(performance.now() - began < 10_000);
});
