import { executable } from '../../support/proxy-process.ts';
import { insecure, type Peer } from './peer.ts';

export const ours: Peer = {
  name: 'rspamd-proxy',
  version: 'ours',
  family: 'ours',
  program: process.execPath,
  args: (config) => [executable, 'run', '-f', '-c', config, ...insecure],
  started: (output) => / listens \(/.test(output),
};
