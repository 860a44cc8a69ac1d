import { test } from 'node:test';
import { cases } from './cases/index.ts';
import { original } from './peers/original.ts';
import { differential } from './suite.ts';

// Any other release: RSPAMD_PEER=/opt/rspamd/bin/rspamd npm test -- differential
const program = process.env['RSPAMD_PEER'];
const peer = original(program);
if (peer !== undefined) differential(peer, cases);
else
  test('cases on another rspamd', {
    skip: program === undefined ? 'RSPAMD_PEER is not set' : `no ${program}`,
  }, () => {});
