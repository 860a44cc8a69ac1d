import { items, nearest, text, typeName, type UclEntry, type UclObject } from '../ucl/index.ts';
import { systemAccounts } from './accounts.ts';
import { readActions } from './actions.ts';
import type { Accounts, Listener } from './bind.ts';
import { readComposites } from './composites.ts';
import { type Finding, Findings } from './finding.ts';
import { metricSections, readGroups } from './groups.ts';
import { firstEntry, head, lookup, walk } from './lookup.ts';
import { namesOf } from './option.ts';
import { readSection, reportStrangers } from './section.ts';
import { actionsTable } from './tables/actions.ts';
import { httpTable } from './tables/http.ts';
import { loggingTable } from './tables/logging.ts';
import { dnsTable, optionsTable } from './tables/options.ts';
import type {
  ActionsConfig,
  DnsConfig,
  HostsString,
  HttpConfig,
  LoggingConfig,
  OptionsConfig,
  ProxyConfig,
  ProxyWorker,
} from './types.ts';
import { readWorker } from './worker.ts';
import { workerSections } from './workers.ts';

export interface Built {
  readonly config: ProxyConfig;
  /** In the order of the sections; the configuration is not to be used when an error is among them. */
  readonly findings: readonly Finding[];
}

/** Makes the typed configuration of a tree and judges it. Pure but for the look-up of users and groups. */
export function buildConfig(
  tree: UclObject,
  accounts: Accounts = systemAccounts,
  paths: ProxyConfig['paths'] = {},
): Built {
  const findings = new Findings();
  reportTopLevel(tree, findings);
  reportBareWorker(tree, findings);
  const logging = readLogging(tree, findings);
  const options = readOptions(tree, findings);
  const actions = readActionsSection(tree, findings);
  const sections = workerSections(tree, findings);
  const workers = sections
    .filter((section) => section.type === 'rspamd_proxy')
    .map((section) => readWorker(section, accounts, findings));
  reportSharedListeners(workers, findings);
  reportClassifiers(tree, findings);
  const otherWorkers = sections.map((section) => section.type).filter((type) => type !== 'rspamd_proxy');
  const config: ProxyConfig = {
    workers,
    otherWorkers,
    options,
    logging,
    http: readHttp(tree, findings),
    actions,
    groups: readGroups(tree),
    composites: readComposites(tree, findings),
    tree,
    paths,
  };
  return { config, findings: findings.list };
}

/** Every object given for a top-level section; anything else is an error as in rspamd_rcl_parse. */
function objects(tree: UclObject, key: string, findings: Findings): UclObject[] {
  const entry = tree.entries.get(key);
  if (entry === undefined) return [];
  return items(entry.value).flatMap((value) => {
    if (value.type === 'object') return [value];
    findings.error(
      `object in section ${key} has invalid type`,
      value.at,
      `write ${key} { .. }; this is ${typeName(value)}`,
    );
    return [];
  });
}

const ourSections = ['options', 'logging', 'worker', 'actions'] as const;

/** Only a worker section has these keys: at the top level they say that a file of the wrong kind was named. */
const workerKeys = ['bind_socket', 'upstream', 'milter'] as const;

function reportBareWorker(tree: UclObject, findings: Findings): void {
  const entry = tree.entries.has('worker') ? undefined : firstEntry(tree, workerKeys);
  if (entry === undefined) return;
  findings.warn(
    `${entry.key} at the top level has no effect: this looks like the inside of a worker section`,
    entry.at,
    'name the file with --worker-config, or write worker "rspamd_proxy" { .. } around it',
  );
}

/** Unknown sections belong to modules, but a section like ours that nobody reads is a slip of the pen. */
function reportTopLevel(tree: UclObject, findings: Findings): void {
  for (const { key, at, value } of tree.entries.values()) {
    const meant = (ourSections as readonly string[]).includes(key) ? undefined : nearest(key, ourSections);
    if (meant === undefined || items(value)[0]?.type !== 'object' || known.has(key)) continue;
    findings.warn(`section ${key} means nothing to the proxy`, at, `did you mean ${meant}?`);
  }
}

/** Section names that look like ours and are something else. */
const known: ReadonlySet<string> = new Set(['logger', 'option', 'force_actions', 'action']);

function readLogging(tree: UclObject, findings: Findings): LoggingConfig {
  const key = tree.entries.has('logging') ? 'logging' : 'logger';
  const sections = objects(tree, key, findings);
  for (const section of sections) reportStrangers(loggingTable, section, findings, 'when close');
  const logging = readSection(loggingTable, sections.map(withoutIdleFacility), findings);
  const last = sections.at(-1);
  if (last !== undefined && logging.type === undefined && lookup(last, 'type')?.type !== 'string') {
    findings.warn(
      'logging type is not specified correctly, log output to the console',
      last.entries.get('type')?.at ?? last.at,
      'write type = "console"; or "file" or "syslog"',
    );
  }
  const named = sections.some((section) => lookup(section, 'filename')?.type === 'string');
  if (logging.type === 'file' && !named) {
    findings.error(
      'filename attribute must be specified for file logging type',
      last?.entries.get('type')?.at ?? last?.at,
      'write filename = "/var/log/rspamd/rspamd.log"; or another type',
    );
  }
  return logging;
}

/** Only syslog looks at the facility, and only then a wrong one is an error. */
function withoutIdleFacility(section: UclObject): UclObject {
  const type = lookup(section, 'type');
  if (type?.type === 'string' && type.value.toLowerCase() === 'syslog') return section;
  return { ...section, entries: new Map([...section.entries].filter(([key]) => key !== 'facility')) };
}

function readOptions(tree: UclObject, findings: Findings): OptionsConfig {
  const sections = objects(tree, 'options', findings);
  for (const section of sections) reportStrangers(optionsTable, section, findings, 'when close');
  const options = readSection(optionsTable, sections, findings);
  const { dns } = options;
  const testPatterns =
    options.enable_test_patterns && !sections.some((section) => section.entries.has('gtube_patterns'));
  return {
    ...options,
    gtube_patterns: testPatterns ? 'all' : options.gtube_patterns,
    dns: {
      ...dns,
      ...readDns(sections, findings),
      timeout: options.dns_timeout ?? dns.timeout,
      retransmits: options.dns_retransmits ?? dns.retransmits,
      sockets: options.dns_sockets ?? dns.sockets,
    },
  };
}

/** Parts of `options.dns` that are more than a value (rspamd: src/libserver/dns.c). */
function readDns(sections: readonly UclObject[], findings: Findings): Pick<DnsConfig, 'nameserver' | 'hosts'> {
  let nameserver: readonly HostsString[] = [];
  let hosts: readonly string[] | undefined;
  for (const section of sections) {
    const dns = lookup(section, 'dns');
    const body = dns?.type === 'object' ? dns : undefined;
    const { nameserver: option } = dnsTable.options;
    const servers = section.entries.get('dns_nameserver') ?? (body && firstEntry(body, namesOf('nameserver', option)));
    if (servers !== undefined) nameserver = strings(servers, findings);
    const files = body?.entries.get('hosts');
    if (files === undefined) continue;
    hosts = head(files.value).type === 'null' ? [] : strings(files, findings).map(({ value }) => text(value));
  }
  return { nameserver, hosts };
}

function strings(entry: UclEntry, findings: Findings): HostsString[] {
  return walk(entry.value).flatMap((value) => {
    if (value.type === 'string') return [{ value: value.value, at: value.at }];
    findings.warn(
      `${entry.key} must be a string: this ${typeName(value)} is passed over`,
      value.at,
      'put it into quotes',
    );
    return [];
  });
}

/** The original never finds fault with this section (rspamd: src/libserver/http/http_context.c). */
function readHttp(tree: UclObject, findings: Findings): HttpConfig {
  const http = lookup(tree, 'http');
  if (http !== undefined && http.type !== 'object') findings.warn('http has no effect: it must be an object', http.at);
  return readSection(httpTable, http?.type === 'object' ? [http] : [], findings);
}

/** The legacy `metric` section changes actions after the `actions` section does (rspamd: lualib/lua_cfg_transform.lua). */
function readActionsSection(tree: UclObject, findings: Findings): ActionsConfig {
  const metrics = metricSections(tree);
  const inMetrics = metrics.map((metric) => lookup(metric, 'actions')).filter((value) => value?.type === 'object');
  const sections = [...objects(tree, 'actions', findings), ...(inMetrics as UclObject[])];
  return { list: readActions(sections, findings), ...readSection(actionsTable, [...sections, ...metrics], findings) };
}

/** One socket cannot serve two workers: the original lets both accept on it, in turn. */
function reportSharedListeners(workers: readonly ProxyWorker[], findings: Findings): void {
  const seen = new Map<string, ProxyWorker>();
  for (const worker of workers.filter((one) => !one.off)) {
    for (const listener of worker.listeners) {
      const key = socketKey(listener);
      const other = seen.get(key);
      if (other !== undefined)
        findings.warn(`two workers listen on ${listener.line}`, worker.at, 'give each its own address');
      seen.set(key, worker);
    }
  }
}

function socketKey(listener: Listener): string {
  switch (listener.kind) {
    case 'inet':
      return `${listener.host?.toLowerCase() ?? '*'} ${listener.families} ${listener.port}`;
    case 'unix':
      return listener.path;
    case 'systemd':
      return `systemd:${listener.id}`;
  }
}

/** The one check of a scanner's section that stops a tree of the original from loading when the section is only half there. */
function reportClassifiers(tree: UclObject, findings: Findings): void {
  const entry = tree.entries.get('classifier');
  for (const section of entry === undefined ? [] : items(entry.value)) {
    if (section.type !== 'object') continue;
    const children = [...section.entries.values()];
    const nested = children.every((child) => items(child.value)[0]?.type === 'object');
    const bodies = nested ? children.map((child) => items(child.value)[0] as UclObject) : [section];
    for (const body of bodies) {
      if ([...body.entries.keys()].some((key) => key.toLowerCase() === 'statfile')) continue;
      findings.error(
        'classifier has no statfiles defined',
        body.at,
        'add statfile sections, or leave the classifier out',
      );
    }
  }
}
