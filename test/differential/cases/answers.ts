import type { Case } from '../case.ts';
import { atOnce, times, to } from './support.ts';

const broken = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{"action": [broken';

/** What becomes of an answer. */
export const answers: readonly Case[] = [
  {
    row: '1',
    title: 'an answer goes to the client as it is',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [{ do: 'ask' }],
    expect: {
      replies: [
        {
          is: /^200 OK$/,
          by: 'A',
          after: atOnce,
          end: atOnce,
          headers: {
            Connection: 'close',
            Server: 'rspamd/4.1.6',
            'Content-Type': 'application/json',
            Date: 'Sun, 22 Nov 2026 11:57:08 GMT',
          },
        },
      ],
      requests: { A: 1 },
      log: [
        { has: /accepted http connection from 127\.0\.0\.1 port \d+/ },
        { has: /finished master connection to 127\.0\.0\.1:\d+; HTTP code: 200/ },
      ],
    },
    differs: {
      'before 4.0': {
        because: 'another version in Server; the log line named neither host nor status',
        expect: {
          replies: [{ is: /^200 OK$/, by: 'A', headers: { Connection: 'close', Server: /^rspamd\/3\./ } }],
          log: [{ has: /finished master connection/ }],
        },
      },
    },
  },
  {
    row: '1b',
    title: 'the connection of a client that does not ask for its end',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [{ do: 'ask', headers: ['Connection: keep-alive'] }],
    expect: { replies: [{ is: 'verdict', headers: { Connection: 'close' } }] },
    differs: {
      ours: {
        because: 'connections of clients stay open for further messages, as HTTP/1.1 has it',
        expect: { replies: [{ is: 'verdict', headers: { Connection: 'keep-alive' } }] },
      },
    },
  },
  ...([500, 503, 404, 302] as const).map(
    (status): Case => ({
      row: `8 (${status})`,
      title: 'any status is an answer: it is handed on and not asked for again',
      scanners: { A: [`status:${status}`] },
      worker: `max_retries = 3; ${to('<A>')}`,
      steps: [{ do: 'ask' }],
      expect: { replies: [{ is: new RegExp(`^${status} Scripted$`), by: '' }], requests: { A: 1 } },
    }),
  ),
  {
    row: '8 (204)',
    title: 'a reply that may not have a body',
    scanners: { A: ['status:204'] },
    worker: `max_retries = 3; ${to('<A>')}`,
    steps: [{ do: 'ask' }],
    expect: { replies: [{ is: /^204 Scripted$/, body: '' }], requests: { A: 1 } },
  },
  {
    row: '8 (host)',
    title: 'a host that answers 500 stays in use',
    scanners: { A: ['status:500'], B: ['status:500'] },
    options: 'upstream { error_time = 0.2s; max_errors = 1; }',
    worker: `max_retries = 2; ${to('<A>,<B>')}`,
    steps: [
      { do: 'ask', times: 4 },
      { do: 'wait', seconds: 0.5 },
      { do: 'ask', times: 4 },
    ],
    expect: { asked: 'A B A B A B A B' },
  },
  {
    row: '9',
    title: 'JSON that is broken is handed on, and the log tells',
    scanners: { A: [{ raw: broken }] },
    worker: `max_retries = 3; ${to('<A>')}`,
    steps: [{ do: 'ask' }],
    expect: {
      replies: [{ is: /^200 OK$/, body: '{"action": [broken' }],
      requests: { A: 1 },
      log: [{ has: /cannot parse results from the master backend/, times: 1 }],
    },
  },
  {
    row: '58',
    title: 'two requests in one segment are both answered',
    only: 'ours',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [
      {
        do: 'ask',
        raw: 'POST /one HTTP/1.1\r\nContent-Length: 1\r\n\r\nxPOST /two HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n\r\ny',
        replies: 2,
      },
      { do: 'ask' },
    ],
    expect: {
      replies: times(3, { is: 'verdict' }),
      saw: { A: [{ target: '/one', body: 'x' }, { target: '/two', body: 'y' }, { target: '/checkv2' }] },
    },
  },
  {
    row: '59',
    title: 'an interim reply of a scanner is passed over',
    only: 'ours',
    scanners: { A: ['continue'] },
    worker: to('<A>'),
    steps: [{ do: 'ask', times: 2 }],
    expect: { replies: times(2, { is: /^200 OK$/, by: '' }), requests: { A: 2 } },
  },
  {
    row: '60',
    title: 'a reply in chunks is put together',
    scanners: { A: ['chunked'] },
    worker: to('<A>'),
    steps: [{ do: 'ask' }],
    expect: {
      replies: [{ is: /^200 OK$/, by: '', headers: { 'Transfer-Encoding': 'chunked', 'Content-Length': /^\d+$/ } }],
    },
    differs: {
      ours: {
        because: 'a length and chunks together are no valid reply (RFC 9112 section 6.2)',
        expect: {
          replies: [{ is: /^200 OK$/, by: '', headers: { 'Transfer-Encoding': null, 'Content-Length': /^\d+$/ } }],
        },
      },
    },
  },
  {
    row: '62',
    title: 'keepalive: one connection to the scanner serves one message after the other',
    only: 'ours',
    scanners: { A: ['ok'] },
    worker: to('<A>', 'keepalive = yes;'),
    steps: [{ do: 'ask', times: 20 }],
    expect: { replies: times(20, { is: 'verdict' }), requests: { A: 20 }, connections: { A: 1 } },
  },
  {
    row: '63',
    title: 'keepalive for upstream and mirror',
    only: 'ours',
    scanners: { A: ['ok'], M: ['ok'] },
    worker: `${to('<A>', 'keepalive = yes;')} mirror "copy" { hosts = "<M>"; keepalive = yes; }`,
    steps: [{ do: 'ask', times: 8, every: 0.15 }],
    // On a busy machine one message may come while the one before is still under way.
    expect: { replies: times(8, { is: 'verdict', by: 'A' }), requests: { A: 8, M: 8 }, connections: { M: [1, 6] } },
  },
];
