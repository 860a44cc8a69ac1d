import type { Case } from '../case.ts';
import { about, atOnce, late, times, to, verdictsBy } from './support.ts';

const two = 'upstream { def { default = yes; hosts = "<A>"; } other { hosts = "<B>"; } }';
const everybody = Array.from({ length: 30 }, (_, index) => `127.1.1.${index + 1}`);
const turns = (round: string, count: number): string => times(count, round).join(' ');

/** Which upstream, and which of its hosts. */
export const choosing: readonly Case[] = [
  {
    row: '10',
    title: 'weighted round robin goes from the host that hangs to the one that refuses and to the one that answers',
    scanners: { A: ['hang'], B: 'refuses', C: ['ok'] },
    worker: `timeout = 0.4s; max_retries = 3; ${to('round-robin:<A>:1,<B>:1,<C>:1')}`,
    steps: [{ do: 'ask', times: 4 }],
    expect: { replies: times(4, { is: 'verdict', by: 'C', after: about(0.4) }), asked: turns('A C', 4) },
    differs: { 'before 4.0': { because: 'weights held for the first round only until 4.0' } },
  },
  {
    row: '11',
    title: 'a host that fails every message, beside one that answers, under the limits of the code',
    scanners: { A: ['close'], B: ['ok'] },
    worker: to('<A>,<B>'),
    steps: [{ do: 'ask', times: 10 }],
    expect: { replies: times(10, { is: 'verdict', by: 'B' }), asked: turns('A B', 10) },
    differs: {
      ours: {
        because: 'a host is left alone after max_errors failures in a row, and the log tells',
        expect: {
          asked: `${turns('A B', 4)} ${turns('B', 6)}`,
          log: [{ has: /host 127\.0\.0\.1:\d+ of upstream scanner is down after 4 failures/, times: 1 }],
        },
      },
    },
  },
  {
    row: '12',
    title: 'a host that fails every message, beside two that answer',
    scanners: { A: ['close'], B: ['ok'], C: ['ok'] },
    worker: to('<A>,<B>,<C>'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { replies: times(6, { is: 'verdict' }), requests: { A: 3 } },
  },
  {
    row: '21',
    title: 'Host names the upstream, in any case',
    scanners: { A: ['ok'], B: ['ok'] },
    worker: two,
    steps: [
      { do: 'ask', headers: ['Host: other'] },
      { do: 'ask', headers: ['Host: OTHER'] },
      { do: 'ask', headers: ['Host: unknown'] },
      { do: 'ask' },
      { do: 'ask', headers: ['Host: other:11333'] },
    ],
    expect: { replies: verdictsBy('B B A A A') },
  },
  {
    row: '22',
    title: 'another try for a message that named its upstream',
    scanners: { A: ['ok'], B: ['close'] },
    worker: `max_retries = 3; ${two}`,
    steps: [{ do: 'ask', headers: ['Host: other'] }],
    expect: { replies: [{ is: 'verdict', by: 'A' }], asked: 'B A' },
    differs: {
      ours: {
        because: 'a message stays with the upstream that it was sent to',
        expect: { replies: [{ is: 'cut off' }], asked: 'B B B' },
      },
      'before 3.9': {
        because: 'retries stayed with the named upstream until 3.8.2',
        expect: { replies: [{ is: 'cut off' }], asked: 'B B B' },
      },
    },
  },
  {
    row: '23',
    title: 'no upstream is the default',
    scanners: { A: ['ok'] },
    worker: 'upstream "named" { hosts = "<A>"; }',
    steps: [{ do: 'ask' }, { do: 'ask', headers: ['Host: unknown'] }, { do: 'ask', headers: ['Host: named'] }],
    expect: { replies: [{ is: 'no upstream' }, { is: 'no upstream' }, { is: 'verdict', by: 'A' }] },
  },
  {
    row: '24',
    title: 'round robin with the weights 3, 2, 1',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    worker: to('<A>:3,<B>:2,<C>:1'),
    steps: [{ do: 'ask', times: 12 }],
    expect: { asked: turns('A A B A B C', 2) },
    differs: {
      'before 4.0': { because: 'weights held for the first round only until 4.0', expect: { asked: /^A A B A B C / } },
    },
  },
  {
    row: '24b',
    title: 'round robin without weights',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    worker: to('<A>,<B>,<C>'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { asked: 'A B C A B C' },
  },
  {
    row: '25',
    title: 'a host without weight beside weighted ones',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    worker: to('<A>:2,<B>,<C>:1'),
    steps: [{ do: 'ask', times: 12 }],
    expect: { requests: { A: 8, B: 0, C: 4 } },
    differs: { 'before 4.0': { because: 'weights held for the first round only until 4.0' } },
  },
  {
    row: '26',
    title: 'master-slave without weights: the first is the master',
    scanners: { A: ['ok'], B: ['ok'] },
    worker: to('master-slave:<A>,<B>'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { asked: turns('A', 6) },
  },
  {
    row: '26b',
    title: 'master-slave with weights: the heaviest is the master',
    scanners: { A: ['ok'], B: ['ok'] },
    worker: to('master-slave:<A>:1,<B>:10'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { asked: turns('B', 6) },
  },
  {
    row: '27',
    title: 'master-slave, and the master fails the message',
    scanners: { A: ['close'], B: ['ok'] },
    worker: `max_retries = 3; ${to('master-slave:<A>,<B>')}`,
    steps: [{ do: 'ask' }],
    expect: { replies: [{ is: 'cut off' }], asked: 'A A A' },
    differs: {
      ours: {
        because: 'a message that one host has failed goes to another one while there is one',
        expect: { replies: [{ is: 'verdict', by: 'B' }], asked: 'A B' },
      },
    },
  },
  {
    row: '28',
    title: 'hash: one client, one host',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    worker: to('hash:<A>,<B>,<C>'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { asked: /^(\w)( \1){5}$/ },
  },
  {
    row: '28b',
    title: 'hash: many clients, all hosts',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    worker: to('hash:<A>,<B>,<C>'),
    steps: everybody.map((from) => ({ do: 'ask', via: { from } })),
    expect: { requests: { A: [3, 24], B: [3, 24], C: [3, 24] } },
  },
  {
    row: '29',
    title: 'token_bucket: messages one after the other go to the first host',
    scanners: { A: ['ok'], B: ['ok'] },
    worker: to('<A>,<B>', 'token_bucket {}'),
    steps: [{ do: 'ask', times: 6 }],
    expect: { asked: turns('A', 6) },
    differs: { 'before 4.0': { because: 'token_bucket came with 4.0' } },
  },
  {
    row: '29b',
    title: 'token_bucket: messages side by side are shared',
    scanners: { A: [late(0.5)], B: [late(0.5)] },
    worker: to('<A>,<B>', 'token_bucket {}'),
    steps: [{ do: 'ask', times: 8, atOnce: true }],
    expect: { replies: times(8, { is: 'verdict', after: about(0.5) }), requests: { A: [3, 5], B: [3, 5] } },
    differs: { 'before 4.0': { because: 'token_bucket came with 4.0' } },
  },
  {
    row: '30',
    title: 'token_bucket with a single host that fails the message',
    scanners: { A: ['close'] },
    worker: `max_retries = 5; ${to('<A>', 'token_bucket {}')}`,
    steps: [{ do: 'ask' }],
    expect: { replies: [{ is: 'cut off' }], requests: { A: 1 } },
    differs: {
      ours: {
        because: 'max_retries holds for a single host too: the stock configuration is that case',
        expect: { requests: { A: 5 } },
      },
      'before 4.0': { because: 'token_bucket came with 4.0' },
    },
  },
  {
    row: '32',
    title: 'a host whose name can be resolved only later',
    scanners: { A: ['ok'] },
    zone: () => ({}),
    worker: to('scanner.test:<A.port>'),
    steps: [
      { do: 'ask' },
      { do: 'zone', zone: () => ({ 'scanner.test': { A: ['127.0.0.1'] } }) },
      { do: 'wait', seconds: 3.2 },
      { do: 'ask' },
    ],
    expect: {
      replies: [
        { is: 'no live host', after: atOnce },
        { is: 'verdict', by: 'A' },
      ],
      saw: { A: [{ headers: { Host: 'scanner.test' } }] },
    },
    differs: {
      ours: {
        because: 'a host keeps the name that it was written with',
        expect: { saw: { A: [{ headers: { Host: /^scanner\.test:\d+$/ } }] } },
      },
      'before 4.1': { because: 'a name that could not be resolved at the start was refused until 4.1' },
    },
  },
  {
    row: '33',
    title: 'the targets of a service share the messages by their weights',
    scanners: { A: ['ok'], B: ['ok'], C: ['ok'] },
    zone: (port) => ({
      '_rspamd._tcp.service.test': {
        SRV: [
          { priority: 10, weight: 3, port: port('A'), target: 'a.service.test' },
          { priority: 10, weight: 1, port: port('B'), target: 'b.service.test' },
          { priority: 20, weight: 5, port: port('C'), target: 'c.service.test' },
          // The last record of a reply is not always read by the original's resolver.
          { priority: 30, weight: 1, port: port('C'), target: 'c.service.test' },
        ],
      },
      'a.service.test': { A: ['127.0.0.1'] },
      'b.service.test': { A: ['127.0.0.1'] },
      'c.service.test': { A: ['127.0.0.1'] },
    }),
    worker: to('service=rspamd+service.test'),
    steps: [
      { do: 'wait', seconds: 1 },
      { do: 'ask', times: 20 },
    ],
    expect: { replies: times(20, { is: 'verdict' }), requests: { A: [6, 8], B: [2, 3], C: [10, 13] } },
    differs: {
      ours: {
        because: 'a target of a higher priority number is for when the others are gone (RFC 2782)',
        expect: { requests: { A: 15, B: 5, C: 0 } },
      },
      'before 4.1': { because: 'the targets of a service became hosts of their own with 4.1' },
    },
  },
  {
    row: '71',
    title: 'of two upstream blocks side by side the first counts',
    scanners: { A: ['ok'], B: ['ok'] },
    worker: 'upstream "first" { default = yes; hosts = "<A>"; } upstream "second" { hosts = "<B>"; }',
    steps: [{ do: 'ask', headers: ['Host: second'] }],
    expect: { replies: verdictsBy('A') },
  },
];
