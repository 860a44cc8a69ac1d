import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeReply, encodeQuery } from '../../../src/scan/dns/wire.ts';
import { decodeQuery, encodeReply } from '../../support/dns-wire.ts';

const timeout = 60_000;
const question = encodeQuery(7, 'mail.example.test', 'MX', false);
const query = decodeQuery(question);
assert.ok(query !== undefined);
const reply = encodeReply(
  query,
  {
    rcode: 'NOERROR',
    answers: [
      { name: 'mail.example.test', type: 'CNAME', ttl: 30, data: 'other.test' },
      { name: 'other.test', type: 'MX', ttl: 60, data: { priority: 5, exchange: 'mx.test' } },
      { name: 'stranger.test', type: 'MX', ttl: 1, data: { priority: 6, exchange: 'forged.test' } },
    ],
  },
  false,
);

test('records of the name that was asked for, through its aliases, and of no other', { timeout }, () => {
  assert.deepEqual(decodeReply(reply, 'mail.example.test', 'MX'), {
    id: 7,
    truncated: false,
    code: 0,
    authenticated: false,
    records: [{ priority: 5, exchange: 'mx.test' }],
    ttl: 30,
  });
});

test('the reply to another question is none', { timeout }, () => {
  assert.equal(decodeReply(reply, 'other.test', 'MX'), undefined);
  assert.equal(decodeReply(reply, 'mail.example.test', 'A'), undefined);
  assert.equal(decodeReply(question, 'mail.example.test', 'MX'), undefined);
});

test('a reply that is cut anywhere is none, and does not throw', { timeout }, () => {
  for (let length = 0; length < reply.length - 11; length++)
    assert.equal(decodeReply(reply.subarray(0, length), 'mail.example.test', 'MX'), undefined, String(length));
});

test('names that point in circles or forwards end the reading', { timeout }, () => {
  const at = 12 + question.length - 12 - 11 - 4;
  for (const pointer of [12 + 5, at, 0x3fff]) {
    const bent = Buffer.from(reply);
    bent.writeUInt16BE(0xc000 | pointer, 12);
    assert.equal(decodeReply(bent, 'mail.example.test', 'MX'), undefined);
  }
});

test('bytes turned at random are read or passed over', { timeout }, () => {
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 20_000; round++) {
    const bent = Buffer.from(reply);
    for (let left = 1 + random(4); left > 0; left--) bent[12 + random(bent.length - 12)] = random(256);
    const read = decodeReply(bent, 'mail.example.test', 'MX');
    assert.ok(read === undefined || read.records.length <= 2);
  }
});

test('how long a "no" may be kept', { timeout }, () => {
  const none = encodeReply(query, { rcode: 'NXDOMAIN', answers: [] }, false).subarray(0, question.length - 11);
  const soa = Buffer.concat([
    Buffer.from([4, 0x74, 0x65, 0x73, 0x74, 0]),
    Buffer.from([0, 6, 0, 1, 0, 0, 1, 0, 0, 22, 0, 0]),
    Buffer.alloc(16),
    Buffer.from([0, 0, 0, 77]),
  ]);
  const whole = Buffer.concat([none, soa]);
  whole.writeUInt16BE(1, 8);
  assert.equal(decodeReply(whole, 'mail.example.test', 'MX')?.ttl, 77);
});
