import { test } from 'node:test';
import { noRspamd } from '../support/rspamd.ts';
import { cases } from './cases/index.ts';
import { debianProgram, original } from './peers/original.ts';
import { differential } from './suite.ts';

const peer = original(debianProgram);
if (peer === undefined) test("cases on Debian's rspamd", { skip: noRspamd }, () => {});
else differential(peer, cases);
