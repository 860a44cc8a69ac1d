import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Findings } from '../../../src/config/index.ts';
import { loadKnowledge } from '../../../src/scan/message/index.ts';
import { arcRule } from '../../../src/scan/native/arc/index.ts';
import { asnRule } from '../../../src/scan/native/asn/index.ts';
import { dkimRule } from '../../../src/scan/native/dkim/index.ts';
import { dmarcRule, stockDmarcSettings } from '../../../src/scan/native/dmarc/index.ts';
import { listRules, readLists, stockListSymbols, stockLists } from '../../../src/scan/native/rbl/index.ts';
import { spfRule } from '../../../src/scan/native/spf/index.ts';
import { loadText, type UclObject } from '../../../src/ucl/index.ts';
import { corpusCases, corpusZone, hasCorpus } from './corpus.ts';
import { found, makeTask, runRules, selectors, startDns } from './rig.ts';

test('symbols and options of the corpus', { timeout: 600_000, skip: hasCorpus ? false : 'no ../shared' }, async (t) => {
  const { resolver } = await startDns(t, corpusZone());
  const knowledge = await loadKnowledge('/usr/share/rspamd');
  const lists = readLists(loadText(stockLists).root as UclObject, {
    maxRequests: 64,
    problem: assert.fail,
    findings: new Findings(),
    nameSet: () => () => false,
    networkSet: () => () => false,
    selectors,
  });
  const rules = [
    asnRule(),
    spfRule(),
    dkimRule(),
    arcRule(),
    dmarcRule(stockDmarcSettings(knowledge.suffixes)),
    ...listRules({ lists, resolver, suffixes: knowledge.suffixes, symbols: (name) => stockListSymbols.get(name) }),
  ];
  const names = new Set(rules.flatMap(({ symbols }) => Object.keys(symbols)));
  const tally = new Map<string, { both: number; theirs: string[]; ours: string[]; options: string[] }>();
  const of = (name: string): NonNullable<ReturnType<typeof tally.get>> => {
    let one = tally.get(name);
    one ??= { both: 0, theirs: [], ours: [], options: [] };
    tally.set(name, one);
    return one;
  };
  for (const one of corpusCases()) {
    const task = makeTask(one, resolver, knowledge);
    await runRules(task, rules);
    const ours = found(task);
    for (const [name, options] of one.expected) {
      if (!names.has(name)) continue;
      const own = ours[name];
      if (own === undefined) of(name).theirs.push(one.id);
      else {
        of(name).both++;
        const same = own.length === options.length && options.every((option) => own.includes(option));
        if (!same) of(name).options.push(`${one.id}: ${JSON.stringify(own)} for ${JSON.stringify(options)}`);
      }
    }
    for (const name of Object.keys(ours)) if (names.has(name) && !one.expected.has(name)) of(name).ours.push(one.id);
  }
  const all = [...tally.values()];
  const sum = (count: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + count(one), 0);
  const both = sum(({ both }) => both);
  const differ = sum(({ theirs, ours }) => theirs.length + ours.length);
  const lines = [...tally].flatMap(([name, { theirs, ours, options }]) => [
    ...theirs.map((id) => `${name} missing: ${id}`),
    ...ours.map((id) => `${name} too many: ${id}`),
    ...options.map((text) => `${name} options: ${text}`),
  ]);
  t.diagnostic(`${both} agree, ${differ} differ, options differ ${sum(({ options }) => options.length)}`);
  const report = `${both} agree, ${differ} differ:\n${lines.join('\n')}`;
  if (process.env['RSPAMD_PROXY_REPORT'] !== undefined) console.log(report);
  assert.ok(both / (both + differ) >= 0.97, report);
});
