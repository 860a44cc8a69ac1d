import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message } from '../../../src/scan/message/index.ts';

function hops(...values: string[]) {
  const text = values.map((value) => `Received: ${value}\n`).join('');
  return new Message(Buffer.from(`${text}\nx`, 'latin1')).received;
}

test('the dialects of the usual mailers', () => {
  const date = 'Mon, 2 Nov 2026 10:00:00 +0000';
  const cases: ReadonlyArray<readonly [string, Partial<ReturnType<typeof hops>[number]>]> = [
    [
      `from helo.example (rdns.example [192.0.2.7])\n\t(using TLSv1.3)\n\tby mx.example (Postfix) with ESMTPS id 1\n\tfor <u@x.example>; ${date}`,
      {
        fromHostname: 'helo.example',
        realHostname: 'rdns.example',
        realIp: '192.0.2.7',
        byHostname: 'mx.example',
        protocol: 'esmtps',
        ssl: true,
        forMailbox: '<u@x.example>',
        timestamp: 1793613600,
      },
    ],
    [
      `from helo.example ([192.0.2.7]:2525 helo=other) by mx.example with esmtpa (Exim 4) id 1; ${date}`,
      {
        fromHostname: 'helo.example',
        realHostname: undefined,
        realIp: '192.0.2.7',
        protocol: 'esmtpa',
        authenticated: true,
        ssl: false,
      },
    ],
    ['from [192.0.2.7] (HELO h) (198.51.100.1) by mx.example', { fromHostname: '192.0.2.7', realIp: '192.0.2.7' }],
    [
      'from unknown (HELO x) (IPv6:2001:DB8::1) by mx.example',
      { fromHostname: 'unknown', realHostname: 'unknown', realIp: undefined },
    ],
    [
      'from h.example (r.example [IPv6:2001:DB8:0:0::1]) by mx.example',
      { realHostname: 'r.example', realIp: '2001:db8::1' },
    ],
    ['from h.example (r.example [::ffff:192.0.2.1]) by mx.example', { realIp: '192.0.2.1' }],
    [
      'by mx.example (8.14/8.14/Submit) id 1; nonsense',
      { fromHostname: undefined, byHostname: 'mx.example', timestamp: -1 },
    ],
    ['(qmail 1 invoked) by mx.example with HTTP id 1 ', { protocol: 'http', timestamp: 0 }],
    ['from a.example by b.example with gibberish id 1', { protocol: 'unknown', ssl: false }],
  ];
  for (const [value, expected] of cases) {
    const [hop] = hops(value);
    assert.ok(hop, value);
    for (const [key, wanted] of Object.entries(expected))
      assert.equal(hop[key as keyof typeof hop], wanted, `${key} of ${value}`);
  }
});

test('what tells nothing is no hop', () => {
  assert.deepEqual(hops('', 'with ESMTP', 'from a.example by b.example trailing'), []);
});

test('order is that of the message', () => {
  assert.deepEqual(
    hops('by one.example; x', 'by two.example; x').map((hop) => hop.byHostname),
    ['one.example', 'two.example'],
  );
});
