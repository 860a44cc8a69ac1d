import { nearest, type Position, text, typeName, type UclObject } from '../ucl/index.ts';
import { type Accounts, type PlacedListener, parseBindLine } from './bind.ts';
import type { Findings } from './finding.ts';
import { firstEntry, walk } from './lookup.ts';
import { knownNames, namesOf } from './option.ts';
import { readSection } from './section.ts';
import { mirrorTable, upstreamTable } from './tables/upstream.ts';
import { proxyTable, workerTable } from './tables/worker.ts';
import { type Inherited, readMirrors, readUpstreams } from './targets.ts';
import type { ProxyWorker } from './types.ts';
import type { WorkerSection } from './workers.ts';

/** Reads one `rspamd_proxy` worker. */
export function readWorker(section: WorkerSection, accounts: Accounts, findings: Findings): ProxyWorker {
  const { body } = section;
  reportUnknown(section, findings);
  const common = readSection(workerTable, [body], findings);
  const own = readSection(proxyTable, [body], findings);
  const upstreams = readUpstreams(body.entries.get('upstream'), inheritedBy(body, 'upstream', own), findings);
  const mirrors = readMirrors(body.entries.get('mirror'), inheritedBy(body, 'mirror', own), findings);
  const worker: ProxyWorker = {
    ...common,
    ...own,
    at: section.at,
    off: !common.enabled || (common.count !== undefined && common.count <= 0),
    listeners: readListeners(body, accounts, findings),
    upstreams: upstreams.list,
    mirrors: mirrors.list,
    disabled: [...upstreams.disabled, ...mirrors.disabled],
  };
  reportLateTimeout(body, worker, findings);
  reportTls(worker, findings);
  reportMirrors(body, worker, findings);
  if (!worker.off) reportUseless(body, worker, findings);
  return worker;
}

/** Values of the worker reach a block only when they stand before it (rspamd: src/rspamd_proxy.c). */
function inheritedBy(body: UclObject, key: string, own: Inheritable): Inherited {
  return {
    timeout: standsBefore(body, 'timeout', key) ? own.timeout : proxyTable.options.timeout.default,
    log_tag: standsBefore(body, 'log_tag_type', key) ? own.log_tag_type : proxyTable.options.log_tag_type.default,
  };
}

type Inheritable = Pick<ProxyWorker, 'timeout' | 'log_tag_type'>;

function standsBefore(body: UclObject, first: string, second: string): boolean {
  const keys = [...body.entries.keys()];
  return keys.includes(first) && keys.indexOf(first) < keys.indexOf(second);
}

function reportLateTimeout(body: UclObject, worker: ProxyWorker, findings: Findings): void {
  for (const key of ['upstream', 'mirror']) {
    const timeout = body.entries.get('timeout');
    if (timeout === undefined || !body.entries.has(key) || standsBefore(body, 'timeout', key)) continue;
    const { default: used } = proxyTable.options.timeout;
    const concerned = (key === 'upstream' ? worker.upstreams : worker.mirrors).filter((one) => one.timeout === used);
    if (worker.timeout === used || concerned.length === 0) continue;
    findings.warn(
      `timeout stands after ${key} and does not reach it: ${concerned.map((one) => one.name).join(', ')} keeps ${used / 1000}s`,
      timeout.at,
      `move the line above ${key}, or write timeout inside it`,
    );
  }
}

/** What is missing from comparisons, or keeps them from being made. */
function reportMirrors(body: UclObject, { mirrors, comparison_log }: ProxyWorker, findings: Findings): void {
  if (comparison_log !== undefined && mirrors.length === 0) {
    const at = body.entries.get('comparison_log')?.at;
    findings.warn('comparison_log has no effect: there is no mirror whose results could be compared', at);
  }
  for (const [index, { name, at }] of mirrors.entries()) {
    if (name === 'master') {
      findings.warn(
        'a mirror called master hides the result of the upstream from comparisons',
        at,
        'call it otherwise',
      );
    } else if (mirrors.findIndex((other) => other.name === name) < index) {
      findings.warn(`mirror ${name} is defined twice: both get copies, comparisons show the later one only`, at);
    }
  }
}

/** Without a certificate, and for milters, the original serves plain text on such a listener. */
function reportTls(worker: ProxyWorker, findings: Findings): void {
  const secured = worker.listeners.filter((listener) => listener.ssl);
  if (worker.milter) {
    for (const { at } of secured) {
      findings.warn(
        'no MTA speaks TLS to a milter, and this listener takes nothing else',
        at,
        'leave out the word ssl',
      );
    }
  }
  if (worker.ssl_cert !== undefined && worker.ssl_key !== undefined) return;
  for (const { at } of secured) {
    findings.error(
      'ssl bind socket configured but ssl_cert or ssl_key is missing',
      at,
      'write ssl_cert = "FILE"; and ssl_key = "FILE"; or leave out the word ssl',
    );
  }
}

function reportUnknown(section: WorkerSection, findings: Findings): void {
  const names = [...knownNames(workerTable), ...knownNames(proxyTable)];
  const known = new Set(names);
  const inner = new Set([...knownNames(upstreamTable), ...knownNames(mirrorTable)]);
  for (const { key, at } of section.body.entries.values()) {
    if (known.has(key)) continue;
    const message = `unknown worker attribute: ${key}; worker type: ${section.type}`;
    if (key === 'type') {
      findings.notice(message, at, 'the line does no harm');
      continue;
    }
    const close = nearest(key, names);
    const advice = inner.has(key) ? `${text(key)} belongs into an upstream block` : undefined;
    findings.warn(message, at, close === undefined ? advice : `did you mean ${close}?`);
  }
}

function readListeners(body: UclObject, accounts: Accounts, findings: Findings): PlacedListener[] {
  const entry = firstEntry(body, bindNames);
  if (entry === undefined) return [];
  return walk(entry.value).flatMap((value) => {
    if (value.type === 'string') return bindLine(value.value, value.at, accounts, findings);
    findings.warn(
      `${entry.key} must be a string: this ${typeName(value)} is passed over`,
      value.at,
      'put it into quotes',
    );
    return [];
  });
}

function bindLine(line: string, at: Position, accounts: Accounts, findings: Findings): PlacedListener[] {
  const result = parseBindLine(line, accounts);
  if ('problem' in result) {
    findings.error(`cannot parse bind line: ${line}; ${result.problem}`, at, result.hint);
    return [];
  }
  for (const warning of result.warnings) findings.warn(warning, at);
  return [{ ...result.ok, at }];
}

/** What makes a worker useless, unless a complaint about its parts has said so already. */
function reportUseless(body: UclObject, worker: ProxyWorker, findings: Findings): void {
  if (firstEntry(body, bindNames) === undefined) {
    findings.warn(
      'this worker has no bind_socket: it cannot start',
      worker.at,
      'write bind_socket = "localhost:11332";',
    );
  }
  if (worker.upstreams.length > 0) {
    if (worker.upstreams.some((upstream) => upstream.default)) return;
    findings.warn(
      'no upstream of this worker is the default: only requests that name one in their Host header are scanned',
      worker.upstreams[0]?.at,
      'write default = yes; into one of them',
    );
  } else if (!body.entries.has('upstream') || worker.disabled.length > 0) {
    findings.warn(
      'this worker has no upstream: no message can be scanned',
      worker.at,
      'write upstream "NAME" { hosts = "HOST:PORT"; default = yes; }',
    );
  }
}

const bindNames = namesOf('bind_socket', workerTable.options.bind_socket);
