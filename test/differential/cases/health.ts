import type { Case } from '../case.ts';
import { times, to } from './support.ts';

/** Requests at the pace that the health of hosts is watched at: seven a second. */
const pace = 1 / 7;
const limits = 'timeout = 0.5s; max_retries = 2;';

/** Hosts that are left alone for a while, and taken into use again. */
export const health: readonly Case[] = [
  {
    row: '13',
    title: 'a host that fails is left alone, and no message is lost by it',
    scanners: { A: ['close'], B: ['ok'] },
    worker: `${limits} ${to('<A>,<B>')}`,
    steps: [{ do: 'ask', times: 24, every: pace }],
    // Where two messages meet, both tries of one of them may go to the host that fails.
    expect: { tally: { verdict: [18, 24], 'cut off': [0, 6] }, requests: { A: [6, 16], B: [18, 24] } },
    differs: {
      ours: {
        because: 'max_errors failures in a row are enough: no time has to pass first',
        // On a busy machine one message may come before the failure of the one before is known.
        expect: { tally: { verdict: 24 }, requests: { A: [4, 6], B: 24 } },
      },
    },
  },
  {
    row: '14',
    title: 'a host that comes back from its rest and still fails',
    scanners: { A: ['close'], B: ['ok'] },
    options: 'upstream { revive_time = 1s; }',
    worker: `${limits} ${to('<A>,<B>')}`,
    steps: [{ do: 'ask', times: 36, every: pace }],
    expect: { tally: { verdict: [20, 35], 'cut off': [1, 12] } },
    differs: {
      ours: {
        because: 'a message that the host has failed goes to the other one; one message tries it, then it rests again',
        expect: { tally: { verdict: 36 }, requests: { A: [5, 10] } },
      },
    },
  },
  {
    row: '15',
    title: 'all hosts fail',
    scanners: { A: ['close'], B: ['close'] },
    options: 'upstream { revive_time = 30s; }',
    worker: `${limits} ${to('<A>,<B>')}`,
    steps: [
      { do: 'ask', times: 21, every: pace },
      { do: 'play', scanner: 'A', script: ['ok'] },
      { do: 'play', scanner: 'B', script: ['ok'] },
      { do: 'wait', seconds: 1.2 },
      { do: 'ask', times: 2 },
    ],
    expect: {
      tally: { 'cut off': [6, 13], 'no live host': [8, 17] },
      last: times(2, { is: 'no live host', after: [0, 3] }),
    },
    differs: {
      ours: {
        because: 'while all hosts are down each one is tried by a message once a second, whatever revive_time says',
        expect: {
          tally: { 'cut off': [4, 16], 'no live host': [4, 17], verdict: 2 },
          last: times(2, { is: 'verdict' }),
        },
      },
      'before 4.0': { because: 'the last host that lived stayed in use' },
    },
  },
  {
    row: '16',
    title: 'the only host is never left alone',
    scanners: { A: ['close'] },
    worker: `${limits} ${to('<A>')}`,
    steps: [{ do: 'ask', times: 14, every: pace }],
    expect: { replies: times(14, { is: 'cut off' }), requests: { A: 28 } },
  },
  {
    row: '31',
    title: 'token_bucket: hosts that failed come back when they answer again',
    scanners: { A: ['close'], B: ['close'] },
    options: 'upstream { revive_time = 1s; }',
    worker: `${limits} ${to('<A>,<B>', 'token_bucket {}')}`,
    steps: [
      { do: 'ask', times: 21, every: pace },
      { do: 'play', scanner: 'A', script: ['ok'] },
      { do: 'play', scanner: 'B', script: ['ok'] },
      { do: 'wait', seconds: 2 },
      { do: 'ask', times: 3 },
    ],
    expect: { last: times(3, { is: 'no live host', after: [0, 3] }) },
    differs: {
      ours: {
        because: 'options.upstream holds for these hosts too',
        expect: { last: times(3, { is: 'verdict' }) },
      },
      'before 4.0': { because: 'token_bucket came with 4.0' },
    },
  },
];
