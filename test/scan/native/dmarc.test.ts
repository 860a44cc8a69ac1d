import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySuffix } from '../../../src/scan/message/url/suffixes.ts';
import { dkimRule } from '../../../src/scan/native/dkim/index.ts';
import { dmarcRule, stockDmarcSettings } from '../../../src/scan/native/dmarc/index.ts';
import { spfRule } from '../../../src/scan/native/spf/index.ts';
import { makeTask, runRules, startDns } from './rig.ts';

const timeout = 60_000;
const good = 'v=spf1 ip4:192.0.2.1 -all';

async function dmarc(
  t: Parameters<typeof startDns>[0],
  records: Readonly<Record<string, string | readonly string[]>>,
  from: string,
  sender: string,
  random = 0,
): Promise<string> {
  const zone = Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text].flat() }]));
  const { resolver } = await startDns(t, { 'spf.test': { TXT: [good] }, 'sub.spf.test': { TXT: [good] }, ...zone });
  const headers = [
    ['From', `<${sender}>`],
    ['IP', '192.0.2.1'],
  ] as const;
  const task = makeTask({ message: `${from}\r\nSubject: x\r\n\r\ny`, headers }, resolver);
  const settings = {
    ...stockDmarcSettings(anySuffix),
    random: () => random,
    actions: new Map([['reject', 'reject']]),
  };
  await runRules(task, [spfRule(), dkimRule(), dmarcRule(settings)]);
  const symbols = [...task.results.symbols].filter(([name]) => name.startsWith('DMARC'));
  return symbols.map(([name, { options }]) => [name, ...options].join('|')).join();
}

test('policies', { timeout }, async (t) => {
  const cases: ReadonlyArray<
    readonly [
      records: Readonly<Record<string, string | string[]>>,
      from: string,
      sender: string,
      says: string,
      random?: number,
    ]
  > = [
    [{}, 'From: a@spf.test', 'a@spf.test', 'DMARC_NA|spf.test'],
    [
      { '_dmarc.spf.test': 'v=DMARC1; p=reject' },
      'From: a@spf.test',
      'a@spf.test',
      'DMARC_POLICY_ALLOW|spf.test|reject',
    ],
    [
      { '_dmarc.spf.test': 'v=DMARC1; p=reject; aspf=s' },
      'From: a@spf.test',
      'a@sub.spf.test',
      'DMARC_POLICY_REJECT|spf.test : SPF not aligned (strict), No valid DKIM|reject',
    ],
    [
      { '_dmarc.other.test': 'v=DMARC1;p=quarantine' },
      'From: a@other.test',
      'a@spf.test',
      'DMARC_POLICY_QUARANTINE|other.test : SPF not aligned (relaxed), No valid DKIM|quarantine',
    ],
    [
      { '_dmarc.other.test': 'v=DMARC1; p=none' },
      'From: a@other.test',
      'a@none.test',
      'DMARC_POLICY_SOFTFAIL|other.test : No valid SPF, No valid DKIM|none',
    ],
    // The registered domain speaks for those below it, unless they have a record of their own.
    [
      { '_dmarc.other.test': 'v=DMARC1; p=none; sp=reject' },
      'From: a@sub.other.test',
      'a@spf.test',
      'DMARC_POLICY_REJECT|other.test : SPF not aligned (relaxed), No valid DKIM|reject',
    ],
    [
      { '_dmarc.other.test': 'v=DMARC1; p=reject', '_dmarc.sub.other.test': 'v=DMARC1; p=none' },
      'From: a@sub.other.test',
      'a@spf.test',
      'DMARC_POLICY_SOFTFAIL|sub.other.test : SPF not aligned (relaxed), No valid DKIM|none',
    ],
    [
      { '_dmarc.spf.test': 'v=DMARC1; p=maybe' },
      'From: a@spf.test',
      'a@spf.test',
      'DMARC_BAD_POLICY|spf.test : p tag has invalid value: maybe',
    ],
    [
      { '_dmarc.spf.test': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] },
      'From: a@spf.test',
      'a@spf.test',
      'DMARC_BAD_POLICY|spf.test : Multiple policies defined in DNS',
    ],
    [{ '_dmarc.spf.test': 'some text' }, 'From: a@spf.test', 'a@spf.test', 'DMARC_NA|spf.test: no valid DMARC record'],
    [{}, 'From: a@spf.test, b@spf.test', 'a@spf.test', 'DMARC_NA|Duplicate From header'],
    [{}, 'To: a@spf.test', 'a@spf.test', 'DMARC_NA|No From header'],
    [
      { '_dmarc.other.test': 'v=DMARC1; p=reject; pct=20' },
      'From: a@other.test',
      'a@spf.test',
      'DMARC_POLICY_QUARANTINE|other.test : SPF not aligned (relaxed), No valid DKIM|reject|sampled_out',
      0.5,
    ],
    [
      { '_dmarc.other.test': 'v=DMARC1; p=reject; pct=20' },
      'From: a@other.test',
      'a@spf.test',
      'DMARC_POLICY_REJECT|other.test : SPF not aligned (relaxed), No valid DKIM|reject',
      0.1,
    ],
  ];
  for (const [records, from, sender, says, random] of cases)
    assert.equal(await dmarc(t, records, from, sender, random), says, JSON.stringify(records));
});

test('what cannot be looked up, and what the operator has done about it', { timeout }, async (t) => {
  const { resolver } = await startDns(t, {
    '_dmarc.fail.test': { failure: 'SERVFAIL' },
    '_dmarc.other.test': { TXT: ['v=DMARC1; p=reject'] },
    'other.test': { failure: 'SERVFAIL' },
    'spf.test': { TXT: [good] },
  });
  const run = async (domain: string, sender: string) => {
    const headers = [
      ['From', `<${sender}>`],
      ['IP', '192.0.2.1'],
    ] as const;
    const task = makeTask({ message: `From: a@${domain}\r\n\r\ny`, headers }, resolver);
    const settings = { ...stockDmarcSettings(anySuffix), actions: new Map([['reject', 'reject']]) };
    await runRules(task, [spfRule(), dkimRule(), dmarcRule(settings)]);
    const [found] = [...task.results.symbols].filter(([name]) => name.startsWith('DMARC'));
    return {
      says: [found?.[0], ...(found?.[1].options ?? [])].join('|'),
      forced: task.results.verdict.passthrough?.action,
    };
  };
  assert.deepEqual(await run('fail.test', 'a@spf.test'), {
    says: 'DMARC_DNSFAIL|fail.test : server fail',
    forced: undefined,
  });
  assert.deepEqual(await run('other.test', 'a@other.test'), {
    says: 'DMARC_DNSFAIL|other.test : SPF/DKIM temp error|reject',
    forced: undefined,
  });
  assert.equal((await run('other.test', 'a@spf.test')).forced, 'reject');
});
