import type { Case } from '../case.ts';
import { atOnce, to, verdictsBy } from './support.ts';

const since415 = 'limits of connections came with 4.1.5';

/** Who may come in. */
export const limits: readonly Case[] = [
  {
    row: '48',
    title: 'max_connections: one more is closed at once, and served when another one has ended',
    scanners: { A: ['ok'] },
    worker: `max_connections = 2; ${to('<A>')}`,
    steps: [
      { do: 'connect', count: 2 },
      { do: 'wait', seconds: 0.3 },
      { do: 'ask' },
      { do: 'disconnect' },
      { do: 'wait', seconds: 0.3 },
      { do: 'ask' },
    ],
    expect: {
      replies: [{ is: 'closed', after: atOnce }, ...verdictsBy('A')],
      log: [{ has: /drop connection from .*: the limit of 2 simultaneous connections has been reached/, times: 1 }],
    },
    differs: { 'before 4.1': { because: since415 } },
  },
  {
    row: '49',
    title: 'max_connections_per_source: another address and the unix socket are not concerned',
    scanners: { A: ['ok'] },
    worker: `max_connections_per_source = 1; bind_socket = "<folder>/proxy.sock mode=0666"; ${to('<A>')}`,
    steps: [
      { do: 'connect', count: 1 },
      { do: 'wait', seconds: 0.3 },
      { do: 'ask' },
      { do: 'ask', via: { from: '127.1.2.3' } },
      { do: 'connect', count: 1, via: 'unix' },
      { do: 'ask', via: 'unix' },
    ],
    expect: {
      replies: [{ is: 'closed', after: atOnce }, ...verdictsBy('A A')],
      log: [{ has: /drop connection from .*: .* 1 .*per source/, times: 1 }],
    },
    differs: { 'before 4.1': { because: since415 } },
  },
  {
    row: '50',
    title: 'encrypted_only: plain requests from this machine are served',
    scanners: { A: ['ok'] },
    worker: `encrypted_only = true; bind_socket = "<folder>/proxy.sock mode=0666"; ${to('<A>')}`,
    steps: [{ do: 'ask' }, { do: 'ask', via: 'unix' }],
    expect: { replies: verdictsBy('A A') },
    differs: { 'before 3.8': { because: 'encrypted_only came with 3.8' } },
  },
  {
    row: '50b',
    title: 'encrypted_only: plain requests from anywhere else are refused',
    needs: 'network',
    scanners: { A: ['ok'] },
    worker: `encrypted_only = true; bind_socket = "<network>"; ${to('<A>')}`,
    steps: [{ do: 'ask', via: 'network' }],
    expect: { replies: [{ is: 'encryption required', after: atOnce }], requests: { A: 0 } },
    differs: { 'before 3.8': { because: 'encrypted_only came with 3.8' } },
  },
  {
    row: '50c',
    title: 'without encrypted_only they are served',
    needs: 'network',
    scanners: { A: ['ok'] },
    worker: `bind_socket = "<network>"; ${to('<A>')}`,
    steps: [{ do: 'ask', via: 'network' }],
    expect: { replies: verdictsBy('A') },
  },
  {
    row: '64',
    title: 'TLS to a scanner that is named with its port',
    needs: 'openssl',
    scanners: { A: { over: 'tls', script: ['ok'] } },
    options: 'ssl_ca_path = "<folder>/scanner.pem";',
    worker: `max_retries = 1; ${to('<A>', 'ssl = true;')}`,
    steps: [{ do: 'ask' }],
    expect: { replies: [{ is: /^403 peer certificate fails hostname verification for 127\.0\.0\.1:\d+$/ }] },
    differs: {
      ours: {
        because: 'the certificate must be valid for the name or address, to which the port does not belong',
        expect: { replies: verdictsBy('A') },
      },
      'before 3.12': { because: 'ssl came with 3.12' },
    },
  },
];
