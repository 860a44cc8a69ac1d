import type { Case } from '../case.ts';
import { message } from '../clients.ts';
import { atOnce, inline, to } from './support.ts';

const withSocket = 'bind_socket = "<folder>/proxy.sock mode=0666";';
/** A file that every case has in its folder. */
const file = { path: '<folder>/tld.dat', content: 'com\norg\nnet\nexample\n' };
const option = 'allow_file_and_shm_inputs came with 4.1.5';
const own = 'messages are sent: only `local` says that the scanner may open what is ours in shared memory';
const filled = 'x'.repeat(400);

/** Where a message comes from, and how it gets to the scanner. */
export const inputs: readonly Case[] = [
  {
    row: '38',
    title: 'a message for a scanner on this machine',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [{ do: 'ask' }],
    expect: {
      saw: {
        A: [
          {
            method: 'GET',
            body: '',
            headers: { Shm: /./, 'Shm-Offset': '0', 'Shm-Length': `${message.length}`, 'Content-Length': '0' },
          },
        ],
      },
    },
    differs: {
      ours: {
        because: own,
        expect: { saw: { A: [{ method: 'POST', body: message, headers: { Shm: null } }] } },
      },
      'before 4.0': {
        because: 'the length was told otherwise',
        expect: { saw: { A: [{ method: 'GET', body: '', headers: { Shm: /./ } }] } },
      },
    },
  },
  {
    row: '39',
    title: 'what a client says about shared memory does not reach the scanner',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [
      { do: 'ask', target: '/checkv2?Shm=a&x=1&shm-offset=3', headers: ['Shm: /b', 'Shm-Offset: 1', 'Shm-Length: 2'] },
    ],
    expect: {
      replies: [{ is: 'verdict' }],
      saw: {
        A: [
          {
            method: 'POST',
            target: '/checkv2?x=1',
            body: message,
            headers: { Shm: null, 'Shm-Offset': null, 'Shm-Length': null },
          },
        ],
      },
    },
    differs: { 'before 4.1': { because: option } },
  },
  {
    row: '40',
    title: 'clients on TCP may not name files where the option is off',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [
      { do: 'ask', headers: [`File: ${file.path}`] },
      { do: 'ask', headers: [`Path: ${file.path}`] },
      { do: 'ask', target: `/checkv2?file=${file.path}` },
    ],
    expect: {
      replies: [{ is: 'file refused' }, { is: 'file refused' }, { is: 'file refused' }],
      connections: { A: 0 },
      log: [{ has: /deny file message source from 127\.0\.0\.1/ }],
    },
    differs: { 'before 4.1': { because: option } },
  },
  {
    row: '41',
    title: 'clients on a unix socket may name files',
    scanners: { A: ['ok'] },
    worker: `${inline} ${withSocket} ${to('<A>')}`,
    steps: [{ do: 'ask', via: 'unix', headers: [`File: ${file.path}`] }],
    expect: {
      replies: [{ is: 'verdict' }],
      saw: { A: [{ method: 'POST', body: file.content, headers: { File: null } }] },
    },
    differs: { 'before 4.1': { because: option } },
  },
  {
    row: '42',
    title: 'a file that is larger than max_message',
    scanners: { A: ['ok'] },
    options: 'max_message = 300;',
    worker: `${inline} ${withSocket} ${to('<A>')}`,
    steps: [{ do: 'ask', via: 'unix', headers: ['File: <folder>/rspamd.conf'] }],
    expect: { replies: [{ is: 'too large to forward' }], requests: { A: 0 } },
    differs: { 'before 4.1': { because: option } },
  },
  {
    row: '43',
    title: 'a message for a scanner on a unix socket',
    scanners: { A: { over: 'unix', script: ['ok'] } },
    worker: `${inline} ${to('<A>')}`,
    steps: [{ do: 'ask' }],
    expect: { saw: { A: [{ method: 'POST', body: message, headers: { Shm: null } }] } },
    differs: { 'before 4.1': { because: option } },
  },
  {
    row: '43b',
    title: 'a message for a scanner on a unix socket with local = true',
    scanners: { A: { over: 'unix', script: ['ok'] } },
    worker: `${inline} ${to('<A>', 'local = true;')}`,
    steps: [{ do: 'ask' }],
    expect: {
      replies: [{ is: 'verdict', by: 'A' }],
      saw: {
        A: [
          {
            method: 'GET',
            body: '',
            headers: {
              Shm: /^\/rhm\.[0-9a-f]{20}$/,
              'Shm-Offset': '0',
              'Shm-Length': `${message.length}`,
              'Content-Length': '0',
            },
          },
        ],
      },
    },
    differs: {
      'before 4.0': {
        because: 'the length was told otherwise',
        expect: { saw: { A: [{ method: 'GET', body: '', headers: { Shm: /./ } }] } },
      },
    },
  },
  {
    row: '44',
    title: 'a client that takes zstd gets its reply compressed',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [
      { do: 'ask', headers: ['Accept-Encoding: gzip, zstd'] },
      { do: 'ask', headers: ['Compression: ZSTD'], body: '' },
      { do: 'ask' },
    ],
    expect: {
      replies: [
        { is: /^200 /, body: /^\x28\xb5\x2f\xfd/, headers: { Compression: 'zstd', 'Content-Encoding': 'zstd' } },
        { is: /^200 /, body: /^\x28\xb5\x2f\xfd/, headers: { Compression: 'zstd', 'Content-Encoding': 'zstd' } },
        { is: 'verdict', headers: { Compression: null, 'Content-Encoding': null } },
      ],
    },
    differs: { 'before 3.13': { because: 'replies were not compressed until 3.13' } },
  },
  {
    row: '45',
    title: 'RSPAMC clients',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [{ do: 'ask', raw: `SYMBOLS RSPAMC/1.3\r\nContent-length: ${message.length}\r\n\r\n${message}` }],
    expect: {
      replies: [
        {
          body:
            'RSPAMD/1.3 0 EX_OK\r\nMetric: default; False; 2.50 / 15.00 / 0.0\r\nAction: no action\r\n' +
            'Symbol: SCRIPTED(2.50)\r\nX-Symbol: SCRIPTED(2.50) [a, b]\r\nMessage-ID: 1@scripted.example\r\n',
          end: atOnce,
        },
      ],
      saw: { A: [{ method: 'POST', target: '/checkv2', body: message }] },
    },
    differs: {
      'before 4.0': {
        because: 'there were no lines X-Symbol',
        expect: {
          replies: [
            {
              body:
                'RSPAMD/1.3 0 EX_OK\r\nMetric: default; False; 2.50 / 15.00 / 0.0\r\nAction: no action\r\n' +
                'Symbol: SCRIPTED(2.50)\r\nMessage-ID: 1@scripted.example\r\n',
            },
          ],
          saw: { A: [{ target: '/checkv2' }] },
        },
      },
    },
  },
  {
    row: '45b',
    title: 'SPAMC clients',
    scanners: { A: ['ok'] },
    worker: `${inline} ${to('<A>')}`,
    steps: [{ do: 'ask', raw: `CHECK SPAMC/1.5\r\nContent-length: ${message.length}\r\n\r\n${message}` }],
    expect: {
      replies: [
        {
          body: 'SPAMD/1.1 0 EX_OK\r\nContent-length: 10\r\nSpam: False ; 2.50 / 15.00\r\n\r\nSCRIPTED\r\n',
          end: atOnce,
        },
      ],
      requests: { A: 1 },
    },
  },
  {
    row: '46',
    title: 'a message that is larger than max_message',
    scanners: { A: ['ok'] },
    options: 'max_message = 300;',
    worker: to('<A>'),
    steps: [{ do: 'ask', body: 400 }],
    expect: { replies: [{ is: 'message too large', after: atOnce }], requests: { A: 0 } },
    differs: { 'before 4.0': { because: 'the limit did not hold for messages in shared memory' } },
  },
  {
    row: '46b',
    title: 'a request that is none',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [
      { do: 'ask', raw: 'FOO BAR\r\n\r\n' },
      { do: 'ask', raw: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n' },
    ],
    expect: {
      replies: [
        { is: 'malformed', after: atOnce },
        { is: 'malformed', after: atOnce },
      ],
      requests: { A: 0 },
    },
  },
  {
    row: '46c',
    title: 'a header of more than 80 KiB',
    scanners: { A: ['ok'] },
    worker: to('<A>'),
    steps: [{ do: 'ask', headers: Array.from({ length: 300 }, (_, index) => `X-Filler-${index}: ${filled}`) }],
    expect: { replies: [{ is: 'header too large', after: atOnce }], requests: { A: 0 } },
  },
  {
    row: '47',
    title: 'a client that stops in the middle of its request',
    scanners: { A: ['ok'] },
    worker: `timeout = 0.5s; ${to('<A>')}`,
    steps: [{ do: 'ask', raw: 'POST /checkv2 HTTP/1.1\r\nContent-Length: 10\r\n\r\nxxx' }],
    expect: { replies: [{ is: 'incomplete', after: [0.4, 5] }], requests: { A: 0 } },
  },
];
