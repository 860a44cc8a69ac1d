import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Findings } from '../../../src/config/index.ts';
import { silentLogger } from '../../../src/message/log.ts';
import { suffixesOfList } from '../../../src/scan/message/url/suffixes.ts';
import { asnRule } from '../../../src/scan/native/asn/index.ts';
import { multimapRules } from '../../../src/scan/native/multimap/index.ts';
import { lineAndColumn, loadText } from '../../../src/ucl/index.ts';
import { mapsOf, selectors, startDns } from '../native/rig.ts';

const timeout = 60_000;

test('owners of networks, variables of the pool and lists of DNS', { timeout }, async (t) => {
  const { scan } = await startDns(t, {
    '7.2.0.192.asn.rspamd.com': { TXT: ['64500 | 192.0.2.0/24 | DE | ripencc |'] },
    '7.2.0.192.list.test': { A: ['127.0.0.2'] },
  });
  const findings = new Findings();
  const { root } = loadText(`
    M_ASN { type = "asn"; map = ["64500 2"]; }
    M_COUNTRY { type = "country"; map = ["DE 3", "FR 4"]; }
    NOT_COUNTRY { type = "country"; map = ["FR 4"]; }
    M_NET { type = "mempool"; variable = "ipnet"; filter = "regexp:/^(192)\\\\./"; map = ["192 1"]; }
    M_SELECTOR { type = "selector"; selector = "asn;country"; delimiter = ":"; map = ["64500:DE 1"]; }
    M_LIST { type = "dnsbl"; map = "list.test"; }
    NOT_LIST { type = "dnsbl"; map = "other.test"; }
    BAD { type = "mempool"; variable = "unheard_of"; map = ["x"]; }
    BAD_TOO { type = "asn"; map = "redis://asns"; }`);
  const rules = multimapRules(root, {
    maps: mapsOf(assert.fail),
    selectors,
    suffixes: suffixesOfList('com\n'),
    logger: silentLogger,
    findings,
    section: () => undefined,
    problem: assert.fail,
  });
  const found = await scan({ headers: [['IP', '192.0.2.7']], message: 'From: a@b.test\r\n\r\nx' }, asnRule(), ...rules);
  const { ASN: _, ...mine } = found;
  assert.deepEqual(mine, {
    M_ASN: ['64500'],
    M_COUNTRY: ['DE'],
    M_NET: ['192'],
    M_SELECTOR: ['64500:DE'],
    M_LIST: ['list.test'],
  });
  assert.deepEqual(
    findings.list.map(({ message, at }) => [message, at !== undefined && lineAndColumn(at).line]),
    [
      ['rule BAD of section multimap is off: variable "unheard_of" of the pool is not known here', 9],
      ['rule BAD_TOO of section multimap is off: no servers of Redis are named', 10],
    ],
  );
});
