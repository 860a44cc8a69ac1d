import { lookup } from 'node:dns/promises';
import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import {
  type Accounts,
  buildConfig,
  type ConfigTree,
  type Finding,
  type HostsString,
  loadTree,
  type ProxyConfig,
  systemAccounts,
  type TreeOptions,
} from '../config/index.ts';
import { bytes, type Position, type Source } from '../ucl/index.ts';
import { type HostsProblem, parseHosts, parseNameservers } from '../upstreams/index.ts';

/** What a configuration is judged against. */
export interface Surroundings {
  readonly accounts: Accounts;
  /** Whether a host name has an address. */
  resolves(name: string): Promise<boolean>;
}

const patience = 5000;

export const thisMachine: Surroundings = {
  accounts: systemAccounts,
  resolves: async (name) => {
    const late = AbortSignal.timeout(patience);
    const given = new Promise<false>((resolve) => late.addEventListener('abort', () => resolve(false), { once: true }));
    const found = lookup(name).then(
      () => true,
      () => false,
    );
    return Promise.race([found, given]);
  },
};

export interface ConfigurationOptions extends TreeOptions {
  /** Lua files that give names to templates. */
  readonly luaEnv?: readonly string[];
}

export interface Configuration {
  readonly tree: ConfigTree;
  /** Undefined when the tree could not be read. */
  readonly config: ProxyConfig | undefined;
  /** With an error among them the configuration must not be used. */
  readonly findings: readonly Finding[];
}

/** Reads a configuration and judges it, names and hosts included: what `configtest` and the start of the proxy share. */
export async function readConfiguration(
  options: ConfigurationOptions,
  surroundings: Surroundings = thisMachine,
): Promise<Configuration> {
  const tree = await readTree(options);
  if (tree.root === undefined) return { tree, config: undefined, findings: tree.findings };
  const { config, findings } = buildConfig(tree.root, surroundings.accounts, tree.paths);
  const all = [
    ...[...tree.findings, ...findings, ...judgeHosts(config)],
    ...(await judgeNames(config, surroundings)),
    ...(await scriptFindings(config)),
  ];
  return { tree, config, findings: inFileOrder(all, tree.sources) };
}

/** The Lua engine takes its time to load, and most configurations have no scripts. */
async function scriptFindings(config: ProxyConfig): Promise<readonly Finding[]> {
  const targets = config.workers.flatMap(({ upstreams, mirrors }) => [...upstreams, ...mirrors]);
  const has = config.workers.some(({ script }) => script.length > 0) || targets.some(({ parser }) => parser);
  return has ? (await import('./judge-scripts.ts')).judgeScripts(config) : [];
}

async function readTree({ luaEnv = [], ...options }: ConfigurationOptions): Promise<ConfigTree> {
  if (luaEnv.length === 0) return loadTree(options);
  // Few use it: as with scripts.
  const { luaEnvironment } = await import('./lua-env.ts');
  try {
    return loadTree({ ...options, templateEnv: luaEnvironment(luaEnv) });
  } catch (cause) {
    const message = bytes((cause as Error).message);
    return { ...loadTree(options), root: undefined, findings: [{ severity: 'error', message }] };
  }
}

/** Findings as a reader of the files meets them; those without a place come last. */
function inFileOrder(findings: readonly Finding[], sources: readonly Source[]): Finding[] {
  const rank = new Map(sources.map((source, index) => [source, index]));
  const place = ({ at }: Finding): number => (at && rank.get(at.source)) ?? sources.length;
  return findings.toSorted((a, b) => place(a) - place(b) || (a.at?.offset ?? 0) - (b.at?.offset ?? 0));
}

export function isUsable(configuration: Configuration): boolean {
  return !configuration.findings.some((finding) => finding.severity === 'error');
}

/** What is wrong inside the strings of `hosts`. */
function judgeHosts(config: ProxyConfig): Finding[] {
  const targets = config.workers.flatMap((worker) => [
    ...worker.upstreams.map((one) => ['upstream', one] as const),
    ...worker.mirrors.map((one) => ['mirror', one] as const),
  ]);
  const found = targets.flatMap(([word, { hosts }]) => {
    const { items, problems } = parseHosts(hosts.map(({ value }) => value));
    const inside = problems.map((problem) => hostFinding(problem, hosts));
    const none: Finding = { severity: 'error', message: `${word} has bad hosts definition`, ...placed(hosts[0]?.at) };
    return hosts.length > 0 && items.length === 0 ? [none, ...inside] : inside;
  });
  const { nameserver, hosts = [] } = config.options.dns;
  const { problems } = parseNameservers(nameserver.map(({ value }) => value));
  const unread = hosts.filter((path) => !isReadable(path)).map(unreadHosts);
  return [...found, ...problems.map((problem) => hostFinding(problem, nameserver)), ...unread];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function unreadHosts(path: string): Finding {
  const message = `hosts file ${path} of options.dns.hosts cannot be read: it has no names`;
  return { severity: 'warning', message, hint: 'hosts = null; is for none at all' };
}

function hostFinding(problem: HostsProblem, hosts: readonly HostsString[]): Finding {
  const host = hosts[problem.string];
  const entry = host?.value.slice(problem.offset, problem.offset + problem.length) ?? '';
  const used = problem.severity === 'error' ? `host ${entry} is not used` : `host ${entry}`;
  return {
    severity: 'warning',
    message: `${used}: ${problem.message}`,
    ...placed(host && within(host, problem, entry)),
  };
}

/** The place of an entry in its string, as long as the string stands in the file as it is. */
function within(host: HostsString, problem: HostsProblem, entry: string): Position {
  const { source, offset } = host.at;
  const start = offset + (/^["']/.test(source.text.charAt(offset)) ? 1 : 0) + problem.offset;
  return source.text.startsWith(entry, start) ? { source, offset: start } : host.at;
}

function placed(at: Position | undefined): { at?: Position } {
  return at === undefined ? {} : { at };
}

/**
 * A name in `bind_socket` must be known now, one in `hosts` may become known later
 * (rspamd: src/libutil/upstream.c:rspamd_upstream_parse_pending_host).
 */
async function judgeNames(config: ProxyConfig, surroundings: Surroundings): Promise<Finding[]> {
  const asked = new Map<string, Promise<boolean>>();
  const resolves = (name: string): Promise<boolean> => {
    const answer = isIP(name) !== 0 ? Promise.resolve(true) : (asked.get(name) ?? surroundings.resolves(name));
    asked.set(name, answer);
    return answer;
  };
  const listening = config.workers
    .flatMap((worker) => worker.listeners)
    .map(async (listener): Promise<Finding[]> => {
      if (listener.kind !== 'inet' || listener.host === undefined || (await resolves(listener.host))) return [];
      const message = `cannot parse bind line: ${listener.line}; address resolution for ${listener.host} failed`;
      return [
        { severity: 'error', message, at: listener.at, hint: 'use an address of this machine, or * for all of them' },
      ];
    });
  const targets = config.workers.flatMap((worker) => [...worker.upstreams, ...worker.mirrors]);
  const scanning = targets.flatMap(({ hosts }) =>
    hosts.flatMap((host) =>
      parseHosts([host.value]).items.map(async (item): Promise<Finding[]> => {
        if (item.kind !== 'inet' || (await resolves(item.host))) return [];
        const message = `address resolution for ${item.host} failed at config time; deferring (will retry asynchronously)`;
        return [{ severity: 'warning', message, at: host.at }];
      }),
    ),
  );
  return (await Promise.all([...listening, ...scanning])).flat();
}
