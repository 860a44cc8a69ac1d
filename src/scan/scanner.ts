import { type Finding, Findings } from '../config/index.ts';
import type { ReadonlyHeaders } from '../message/headers.ts';
import type { Logger } from '../message/log.ts';
import { bytes, first, lineAndColumn, text, type UclObject } from '../ucl/index.ts';
import { buildMetric } from './build-metric.ts';
import { builtinRules, builtinTree } from './builtin/index.ts';
import { Composites, compileComposites } from './composites/index.ts';
import type { Datagrams } from './datagrams/index.ts';
import type { DnsResolver } from './dns-answer.ts';
import { readEnvelope } from './envelope.ts';
import { type Knowledge, Message } from './message/index.ts';
import type { Metric } from './metric.ts';
import { MapReader, mapRules, nativeRules, Selectors } from './native/index.ts';
import { Networks } from './networks.ts';
import { type Plan, planRules } from './plan.ts';
import { readRegexpRules } from './regexp-rules/index.ts';
import { Results, type Verdict } from './results.ts';
import { type LearnedMessages, type Rule, RuleRegistry } from './rule.ts';
import { Runner } from './runner.ts';
import { allowedSymbol, ruleSwitch, SettingsBook, type SettingsWorld } from './settings/index.ts';
import type { ScanSpec } from './spec.ts';
import { type KnownSymbol, knownSymbols, type ScanStatistics } from './statistics.ts';
import { Task } from './task.ts';

/** What a scanner needs of the world. */
export interface ScanEnvironment {
  readonly resolver: DnsResolver;
  /** UDP sockets for rules; those of this thread if absent. */
  readonly datagrams?: Datagrams | undefined;
  readonly knowledge: Knowledge;
  readonly logger: Logger;
  /** Counts what scans come to. */
  readonly statistics?: ScanStatistics | undefined;
}

/** What rules are made from. */
export interface RuleContext extends ScanEnvironment {
  readonly options: ScanSpec['options'];
  readonly actions: ScanSpec['actions'];
  /** Folder of what lasts. */
  readonly stateFolder: string;
  /** Folder of the data of an Rspamd. */
  readonly shareFolder: string | undefined;
  /** A section of the configuration, for what only the rule knows; undefined where there is none. */
  section(name: string): UclObject | undefined;
  readonly maps: MapReader;
  readonly selectors: Selectors;
  /** What in the configuration cannot be used, with its place where that is known. */
  readonly findings: Findings;
  /** As a warning of `findings`, without a place. */
  problem(text: string): void;
}

export type RuleSource = (context: RuleContext) => readonly Rule[];

/** One message to be scanned. */
export interface ScanInput {
  /** Of the log. */
  readonly id: string;
  readonly body: Buffer;
  /** Of the request. */
  readonly headers: ReadonlyHeaders;
  /** When the message was received, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Of the program that asks. */
  readonly clientIp?: string | undefined;
}

export interface Scanned {
  readonly task: Task;
  readonly verdict: Verdict;
  /** Seconds that the scan took. */
  readonly seconds: number;
}

/** Judges messages by its rules. Holds no state between messages but what rules keep. */
export class Scanner {
  readonly spec: ScanSpec;
  readonly metric: Metric;
  readonly registry: RuleRegistry;
  /** What in the configuration cannot be used, or has no effect. */
  readonly findings: readonly Finding[];
  readonly #environment: ScanEnvironment;
  readonly #plan: Plan;
  readonly #composites: Composites;
  readonly #localNetworks: Networks;

  /** @param sources of further rules */
  constructor(spec: ScanSpec, environment: ScanEnvironment, sources: readonly RuleSource[] = []) {
    const findings = new Findings();
    const problem = (sentence: string): void => findings.warn(bytes(sentence));
    this.spec = spec;
    this.#environment = environment;
    this.registry = new RuleRegistry();
    const section = (name: string): UclObject | undefined => sectionOf(spec.tree, name);
    const { stateFolder } = spec;
    const maps = new MapReader({ stateFolder, logger: environment.logger, section, problem });
    const selectors = new Selectors({
      suffixes: environment.knowledge.suffixes,
      map: (name, key) => maps.named(name, key),
    });
    const context: RuleContext = {
      ...environment,
      options: spec.options,
      actions: spec.actions,
      stateFolder,
      shareFolder: spec.shareFolder,
      section,
      maps,
      selectors,
      findings,
      problem,
    };
    this.registry.add(new SettingsBook(spec.tree, settingsWorld(context)).rule(this.registry, () => this.metric));
    const native = nativeRules(context);
    for (const rule of builtinRules(context, native)) this.#addOwn(rule, undefined, problem);
    for (const source of sources) this.registry.add(...source(context));
    for (const rule of readRegexpRules(context.section('regexp'), selectors, problem))
      this.#addOwn(rule, 'regexp', problem);
    for (const rule of mapRules(context)) this.#addOwn(rule, 'multimap', problem);
    const layers = [builtinTree(context.section), spec];
    this.metric = buildMetric(this.registry, layers, { ...spec, shots: spec.options.shots });
    this.#plan = planRules(this.registry, (rule) => isOff(rule, this.metric), problem);
    const late = new Set(['classifier', 'postfilter', 'idempotent']);
    const composites = compileComposites(
      layers.flatMap((layer) => layer.composites),
      (symbol) => late.has(this.registry.ruleOf(symbol)?.stage ?? 'filter'),
      problem,
    );
    this.#composites = new Composites(composites, membersOf(this.metric));
    this.#localNetworks = new Networks([...spec.options.localAddrs, ...loopback], 'local_addrs', problem);
    this.findings = findings.list;
  }

  /** What of the findings is more than a notice, for people. */
  get problems(): readonly string[] {
    return this.findings.filter(({ severity }) => severity !== 'notice').map(sentenceOf);
  }

  /** The operator's rules, and symbols that an option names, may have names that others have. */
  #addOwn(rule: Rule, section: string | undefined, problem: (text: string) => void): void {
    const names = [rule.name, ...Object.keys(rule.symbols)];
    const taken = names.find((name) => this.registry.ruleOf(name) !== undefined);
    const own = section === undefined ? rule.name : `${rule.name} of section ${section}`;
    if (taken === undefined) this.registry.add(rule);
    else if (taken === rule.name) problem(`rule ${own} is off: there is another one of that name`);
    else problem(`rule ${own} is off: symbol ${taken} belongs to another one`);
  }

  /** Does not reject but for a fault of the program itself. */
  async scan(input: ScanInput): Promise<Scanned> {
    const started = performance.now();
    const { resolver, knowledge, statistics } = this.#environment;
    const { taskTimeout, softRejectOnTimeout } = this.spec.options;
    const deadline = taskTimeout > 0 ? started + taskTimeout : Number.POSITIVE_INFINITY;
    const task = new Task({
      id: input.id,
      message: new Message(input.body, knowledge),
      envelope: readEnvelope(input.headers),
      headers: input.headers,
      receivedAt: input.receivedAt,
      deadline,
      dns: resolver.forTask(deadline),
      results: new Results(this.metric),
      isLocal: (ip) => this.#localNetworks.has(ip),
      clientIp: input.clientIp,
    });
    const runner = new Runner(this.#plan, task, {
      checkAll: this.spec.options.checkAllFilters || task.has('pass_all'),
      failed: (rule, cause) => this.#log(task, `rule ${rule.name} failed: ${describe(cause)}`),
      took: statistics?.begin(),
    });
    task.set(ruleSwitch, runner);
    await this.#run(task, runner);
    if (runner.expired) {
      this.#log(task, `scan took longer than task_timeout (${taskTimeout} ms)`);
      if (softRejectOnTimeout)
        task.passthrough({ action: 'soft reject', module: 'task timeout', message: 'timeout processing message' });
    }
    const scanned = { task, verdict: task.results.verdict, seconds: (performance.now() - started) / 1000 };
    statistics?.end(scanned);
    return scanned;
  }

  /** How many messages its statistics have learned; undefined where nobody can tell. */
  async learned(): Promise<LearnedMessages | undefined> {
    for (const rule of this.registry.rules) if (rule.learned !== undefined) return await rule.learned();
    return undefined;
  }

  /** Symbols that it may find. */
  get symbols(): readonly KnownSymbol[] {
    return knownSymbols(this.metric, this.registry);
  }

  async #run(task: Task, runner: Runner): Promise<void> {
    await runner.inOrder('connfilter');
    await runner.inOrder('prefilter');
    await runner.filters();
    await runner.inOrder('classifier');
    const composites = (late: boolean): void => {
      if (!task.has('skip')) this.#composites.apply(task.results, late, task.get(allowedSymbol) ?? (() => true));
    };
    composites(false);
    await runner.inOrder('postfilter');
    task.results.grow();
    composites(true);
    task.results.close();
    await runner.inOrder('idempotent');
  }

  #log(task: Task, text: string): void {
    this.#environment.logger.log('warning', 'scan', 'scan', task.id, text);
  }
}

function settingsWorld({ maps, selectors, findings, logger }: RuleContext): SettingsWorld {
  return {
    findings,
    networks: (value) => maps.networks(value),
    selector: (given, delimiter) => selectors.combined(given, delimiter),
    pairs: (given) => selectors.pairs(given),
    external: (map) => maps.external(map),
    whole: (source, make) => maps.whole(source, make),
    log: (sentence) => logger.log('warning', 'settings', 'settings', '', sentence),
  };
}

/** The configuration switches the rule off, or all of its symbols. */
function isOff(rule: Rule, { symbols }: Metric): boolean {
  const names = Object.keys(rule.symbols);
  const isDisabled = (name: string): boolean => symbols.get(name)?.disabled === true;
  return isDisabled(rule.name) || (names.length > 0 && names.every(isDisabled));
}

function sentenceOf({ message, at, hint }: Finding): string {
  const place = at === undefined ? undefined : lineAndColumn(at);
  const where = place === undefined ? '' : `${text(at?.source.name ?? '')}:${place.line}:${place.column}: `;
  return `${where}${text(message)}${hint === undefined ? '' : ` (${text(hint)})`}`;
}

/** This machine is always one of ours. */
const loopback = ['127.0.0.0/8', '::1'];

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

function sectionOf(tree: UclObject, name: string): UclObject | undefined {
  const value = first(tree.entries.get(name)?.value);
  return value?.type === 'object' ? value : undefined;
}

/** Symbols of each group, with their scores. */
function membersOf({
  symbols,
}: Metric): (group: string) => Iterable<{ readonly name: string; readonly score: number }> {
  const members = new Map<string, { readonly name: string; readonly score: number }[]>();
  for (const { name, score, groups } of symbols.values()) {
    for (const group of groups) {
      const list = members.get(group.name);
      if (list === undefined) members.set(group.name, [{ name, score }]);
      else list.push({ name, score });
    }
  }
  return (group) => members.get(group) ?? [];
}
