import type { Case } from '../case.ts';
import { message } from '../clients.ts';
import { inline, to } from './support.ts';

const session = /^[0-9a-f]{16}$/;
const sharedMemory = 'messages on this machine went in shared memory whatever the option said, until 4.1.5';

/** What a scanner is told about a message. */
export const headers: readonly Case[] = [
  {
    row: '34',
    title: 'headers of the client go to the scanner, but for those of its connection',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [
      {
        do: 'ask',
        target: '/checkv2?a=1&b=%20c#d',
        headers: [
          'Host: nobody',
          'Connection: close',
          'Keep-Alive: timeout=5',
          'From: <a@example.org>',
          'Rcpt: <b@example.org>',
          'rcpt: <c@example.org>',
          'Accept-Encoding: gzip',
          'X-Unknown: some thing',
          'Log-Tag: mine',
          'Shm: /segment',
          'Shm-Offset: 1',
          'Shm-Length: 2',
        ],
      },
    ],
    expect: {
      saw: {
        A: [
          {
            method: 'POST',
            target: '/checkv2?a=1&b=%20c#d',
            body: message,
            headers: {
              Host: /^127\.0\.0\.1:\d+$/,
              Connection: 'close',
              'Keep-Alive': null,
              'Content-Length': `${message.length}`,
              'Transfer-Encoding': null,
              From: '<a@example.org>',
              Rcpt: ['<b@example.org>', '<c@example.org>'],
              'Accept-Encoding': 'gzip',
              'X-Unknown': 'some thing',
              'User-Agent': 'rspamd-4.1.6',
              'Log-Tag': ['mine', session],
              IP: /^127\.0\.0\.1:\d+$/,
              'Settings-ID': null,
              Shm: null,
              'Shm-Offset': null,
              'Shm-Length': null,
            },
          },
        ],
      },
    },
    differs: {
      'before 4.1': { because: sharedMemory },
    },
  },
  {
    row: '34b',
    title: 'chunks of the client are put together',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [
      {
        do: 'ask',
        raw:
          'POST /checkv2 HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '5\r\nFrom:\r\n4\r\n a\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n',
      },
    ],
    expect: {
      replies: [{ is: 'verdict' }],
      saw: {
        A: [
          {
            method: 'POST',
            body: 'From: a\r\n\r\n',
            headers: { 'Content-Length': '11', 'Transfer-Encoding': null },
          },
        ],
      },
    },
    differs: { 'before 4.1': { because: sharedMemory } },
  },
  {
    row: '34c',
    title: 'any method that a client has becomes POST',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [
      { do: 'ask', raw: 'PUT /checkv2 HTTP/1.1\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx' },
      { do: 'ask', raw: 'GET /stat HTTP/1.1\r\nConnection: close\r\n\r\n' },
    ],
    expect: {
      replies: [{ is: 'verdict' }, { is: 'verdict' }],
      saw: {
        A: [
          { method: 'POST', target: '/checkv2', body: 'x' },
          { method: 'POST', target: '/stat', body: '' },
        ],
      },
    },
    differs: { 'before 4.1': { because: sharedMemory } },
  },
  {
    row: '35',
    title: 'IP: what the client says, else its address',
    scanners: { A: ['ok'] },
    worker: `${inline} bind_socket = "<folder>/proxy.sock mode=0666"; ${to('<A>')}`,
    steps: [
      { do: 'ask' },
      { do: 'ask', via: { from: '127.1.2.3' } },
      { do: 'ask', headers: ['IP: x'] },
      { do: 'ask', via: 'unix' },
    ],
    expect: {
      saw: {
        A: [
          { headers: { IP: /^127\.0\.0\.1:\d+$/ } },
          { headers: { IP: /^127\.1\.2\.3:\d+$/ } },
          { headers: { IP: 'x' } },
          { headers: { IP: /\/proxy\.sock$/ } },
        ],
      },
    },
    differs: { 'before 3.14': { because: 'IP was not added until 3.14' } },
  },
  {
    row: '36',
    title: 'settings_id and extra_headers replace what the client says',
    scanners: { A: ['ok'] },
    worker: to('<A>', 'settings_id = "own"; extra_headers { "X-Site" = "mx1"; }'),
    steps: [{ do: 'ask', headers: ['Settings-ID: theirs', 'x-site: theirs', 'X-Site: again', 'X-Other: stays'] }],
    expect: {
      saw: {
        A: [{ headers: { 'Settings-ID': 'own', 'X-Site': 'mx1', 'X-Other': 'stays' } }],
      },
    },
    differs: { 'before 3.12': { because: 'extra_headers came with 3.12' } },
  },
  {
    row: '36b',
    title: 'extra_headers with a number',
    scanners: { A: ['ok'] },
    worker: to('<A>', 'extra_headers { "X-Number" = 5; }'),
    steps: [{ do: 'ask' }],
    expect: { saw: { A: [{ headers: { 'X-Number': null } }] } },
    differs: {
      ours: {
        because: 'a number without quotes is a value like any other',
        expect: { saw: { A: [{ headers: { 'X-Number': '5' } }] } },
      },
    },
  },
  {
    row: '37',
    title: 'log_tag = queue_id: the id of the MTA, else that of the session',
    scanners: { A: ['ok'] },
    worker: to('<A>', 'log_tag = queue_id;'),
    steps: [{ do: 'ask', headers: ['Queue-Id: Q'] }, { do: 'ask' }],
    expect: { saw: { A: [{ headers: { 'Log-Tag': 'Q', 'Queue-Id': 'Q' } }, { headers: { 'Log-Tag': session } }] } },
    differs: { 'before 3.12': { because: 'log_tag came with 3.12' } },
  },
  {
    row: '37b',
    title: 'log_tag = none',
    scanners: { A: ['ok'] },
    worker: to('<A>', 'log_tag = none;'),
    steps: [{ do: 'ask' }, { do: 'ask', headers: ['Log-Tag: mine'] }],
    expect: { saw: { A: [{ headers: { 'Log-Tag': null } }, { headers: { 'Log-Tag': 'mine' } }] } },
  },
  {
    row: '61',
    title: 'what a client says about its connection does not reach the scanner, its message does',
    only: 'ours',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [
      {
        do: 'ask',
        headers: ['Upgrade: websocket', 'TE: trailers', 'Proxy-Connection: keep-alive', 'Expect: 100-continue'],
      },
    ],
    expect: {
      replies: [{ is: 'verdict' }],
      saw: {
        A: [{ body: message, headers: { Upgrade: null, TE: null, 'Proxy-Connection': null, Expect: null } }],
      },
    },
  },
];
