import { type DnsAnswer, type DnsResolver, notAsked } from '../../dns-answer.ts';
import { type ByteString, isValidUtf8, type PublicSuffixes, toText } from '../../message/index.ts';
import type { Rule, RuleFlag, SymbolSpec } from '../../rule.ts';
import { type Task, TaskKey } from '../../task.ts';
import { ipBytes, reversedIp } from '../ip.ts';
import { type Element, elementsOf } from './elements.ts';
import { hashed } from './hash.ts';
import { type DnsList, symbolFor, symbolsOf } from './list.ts';
import { ListMonitor } from './monitor.ts';

export interface ListRules {
  readonly lists: readonly DnsList[];
  readonly suffixes: PublicSuffixes;
  readonly resolver: DnsResolver;
  /** Weights and groups of symbols, where the configuration has none. */
  readonly symbols: (symbol: string) => SymbolSpec | undefined;
}

/** Elements that whitelists know, with where they were found. */
const whitelisted = new TaskKey<Map<string, string>>('rbl whitelisted');

/** Lists of DNS (rspamd: src/plugins/lua/rbl.lua). */
export function listRules({ lists, suffixes, resolver, symbols }: ListRules): readonly Rule[] {
  const monitor = new ListMonitor(resolver);
  const rules = lists.map((list) => listRule(list, { monitor, suffixes, symbols }));
  const white = lists.filter(({ isWhitelist }) => isWhitelist).map(ruleName);
  const barrier: Rule = {
    name: whiteBarrier,
    stage: 'filter',
    symbols: {},
    flags: ['nice', 'empty'],
    after: white,
    run: () => {},
  };
  return [...rules, barrier];
}

/** Others wait for it until whitelists have spoken. */
const whiteBarrier = 'RBL_CALLBACK_WHITE';

function ruleName({ symbol, prefixes }: DnsList): string {
  return prefixes === undefined ? symbol : `${symbol}_CHECK`;
}

interface Tools {
  readonly monitor: ListMonitor;
  readonly suffixes: PublicSuffixes;
  readonly symbols: ListRules['symbols'];
}

function listRule(list: DnsList, { monitor, suffixes, symbols }: Tools): Rule {
  const failure = `${list.symbol}_FAIL`;
  const { checks } = list;
  const after = [
    ...(checks.dkim ? ['DKIM_CHECK'] : []),
    ...(list.isWhitelist || list.ignoreWhitelist ? [] : [whiteBarrier]),
    ...list.requireSymbols,
  ];
  return {
    name: ruleName(list),
    stage: 'filter',
    symbols: Object.fromEntries(
      [...symbolsOf(list), failure].map((name) => [name, symbols(name) ?? { score: 0, groups: ['rbl'] }]),
    ),
    after,
    flags: flagsOf(list),
    run: async (task) => {
      if (list.excludeUsers && task.user !== undefined) return;
      if (list.isOff()) return;
      if (list.excludeLocal && (task.isLocal || (task.ip !== undefined && list.excluded?.(task.ip) === true))) return;
      if (!list.requireSymbols.every((symbol) => task.results.has(symbol))) return;
      if (!monitor.isAlive(list)) return;
      const elements = elementsOf(task, list, known(task, list), suffixes);
      await (list.resolveIp ? askByAddress(task, list, elements) : askAll(task, list, elements));
    },
  };
}

/** Lists of what the envelope tells work for messages without a byte too. */
function flagsOf({ checks, selectors, isWhitelist }: DnsList): readonly RuleFlag[] {
  const needsMessage =
    checks.emails || checks.urls || checks.dkim || checks.received || checks.replyto || selectors.length > 0;
  return [...(needsMessage ? [] : (['empty'] as const)), ...(isWhitelist ? (['nice'] as const) : [])];
}

/** What whitelists found does not bind them themselves. */
function known(task: Task, { isWhitelist }: DnsList): ReadonlyMap<string, string> {
  return (isWhitelist ? undefined : task.get(whitelisted)) ?? new Map();
}

async function askAll(task: Task, list: DnsList, elements: readonly Element[]): Promise<void> {
  await Promise.all(
    elements.map(async (element) => {
      const name = `${hashed(element.asked, list)}.${list.zone}`;
      if (!isAskable(name)) return;
      const answer = await task.dns.query(name, 'A', element.forced);
      report(task, list, element, answer);
    }),
  );
}

/** Looks up the addresses of names. */
async function askByAddress(task: Task, list: DnsList, elements: readonly Element[]): Promise<void> {
  const found = new Map<string, Element>();
  const resolve = async (element: Element, type: 'A' | 'AAAA'): Promise<void> => {
    const { records } = await task.dns.query(element.asked, type, element.forced);
    for (const ip of records) {
      const asked = reversedIp(ipBytes(ip) ?? []);
      if (found.has(asked)) continue;
      found.set(asked, { ...element, asked, shown: `${ip}:${element.shown}`, isIp: true });
    }
  };
  const names = elements.filter(({ isIp, asked }) => !isIp && isAskable(asked));
  await Promise.all(
    names.flatMap((element) => [
      ...(list.ipv4 ? [resolve(element, 'A')] : []),
      ...(list.ipv6 ? [resolve(element, 'AAAA')] : []),
    ]),
  );
  await askAll(task, list, [...elements.filter(({ isIp }) => isIp), ...found.values()]);
}

/** rspamd: src/plugins/lua/rbl.lua:validate_dns. */
function isAskable(name: ByteString): boolean {
  if (name.includes('..') || !isValidUtf8(name)) return false;
  return name.split('.').every((label) => label.length <= 63 && !label.startsWith('-') && !label.endsWith('-'));
}

function report(task: Task, list: DnsList, element: Element, answer: DnsAnswer<'A'>): void {
  if (answer.status === 'fail') {
    if (answer.error !== notAsked.limit)
      task.insert(`${list.symbol}_FAIL`, 1, [toText(`${element.shown}:${answer.error}`)]);
    return;
  }
  if (answer.status !== 'ok') return;
  const { verdicts } = list;
  if (verdicts.kind === 'any') insert(task, list, list.symbol, element);
  else for (const ip of answer.records) judge(task, list, element, ip);
}

function judge(task: Task, list: DnsList, element: Element, ip: string): void {
  const fitting = namesFor(list.verdicts, ip);
  for (const symbol of fitting) insert(task, list, symbol, element);
  if (fitting.length === 0 && list.unknown) insert(task, list, list.symbol, element, ip);
}

function namesFor(verdicts: DnsList['verdicts'], ip: string): readonly string[] {
  if (verdicts.kind === 'codes') return verdicts.symbols.flatMap(([symbol, fits]) => (fits(ip) ? [symbol] : []));
  if (verdicts.kind === 'any') return [];
  const number = ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) | 0;
  return verdicts.symbols.flatMap(([symbol, masks]) =>
    masks.flatMap((mask) => ((number & mask) === mask ? [symbol] : [])),
  );
}

function insert(task: Task, list: DnsList, symbol: string, element: Element, ip?: string): void {
  for (const label of element.labels) {
    const name = symbolFor(list, symbol, label);
    const tail = ip === undefined ? '' : `:${ip}`;
    const option = `${element.shown}:${label}${tail}`;
    task.insert(name, 1, [toText(option)]);
    if (!list.isWhitelist || list.whitelistExceptions.has(name)) continue;
    // Rspamd reads them out of its options, where an IPv6 address does not end at the first colon.
    const [shown = '', where = ''] = option.split(':', 2);
    task.set(whitelisted, new Map(task.get(whitelisted)).set(shown, where));
  }
}
