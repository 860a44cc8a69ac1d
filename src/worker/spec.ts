import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { ScanPoolOptions, ThreadSpec } from '../backends/index.ts';
import type {
  ActionsConfig,
  HostsString,
  LoggingConfig,
  Mirror,
  ProxyConfig,
  ProxyWorker,
  Upstream,
} from '../config/index.ts';
import { type ActionKind, type MilterOptions, milterDefaults } from '../frontends/milter/index.ts';
import type { LogLevel } from '../message/log.ts';
import { type DnsSettings, fakesOfHosts, scanSpec, stockDnsSettings } from '../scan/index.ts';
import type { Script } from '../scripts/index.ts';
import {
  type HostsSpec,
  type Limits,
  limitsOf,
  parseHosts,
  parseNameservers,
  type ResolverSettings,
  type TokenBucket,
  tokenBucketOf,
} from '../upstreams/index.ts';
import type { ConnectionLimits } from './admission.ts';
import { type ClientAccessSpec, clientAccessSpec } from './client-access.ts';
import type { HeartbeatSpec } from './heartbeats.ts';
import type { LogSpec } from './log/open.ts';
import type { Identity } from './privileges.ts';
import type { ResourceLimits } from './resource-limits.ts';
import { type ScannerAccessSpec, scannerAccessSpec } from './scanner-access.ts';
import { inlineScript, type ScriptsSpec, scriptsSpec } from './scripts.ts';

/**
 * Everything that a worker process needs to know, as data that can be sent to it. The main process makes it from the
 * typed configuration, so that workers neither read nor judge configuration files.
 */
export interface WorkerSpec {
  /** Shown in the process list: `rspamd_proxy process (localhost:11332)`. */
  readonly title: string;
  readonly milter: MilterOptions | undefined;
  readonly http: HttpSpec;
  readonly clientAccess: ClientAccessSpec;
  readonly connectionLimits: ConnectionLimits;
  readonly upstreams: readonly UpstreamSpec[];
  readonly mirrors: readonly MirrorSpec[];
  /** Where comparisons of upstream and mirrors are written. */
  readonly comparisonLog: { readonly path: string; readonly owner: Identity | undefined } | undefined;
  readonly scripts: ScriptsSpec;
  readonly maxTries: number;
  readonly limits: Limits;
  readonly resolver: ResolverSettings;
  readonly scannerAccess: ScannerAccessSpec;
  /** Present where an upstream scans by itself. */
  readonly scan: SelfScanSpec | undefined;
  readonly log: LogSpec;
  readonly heartbeat: HeartbeatSpec;
  readonly resources: ResourceLimits;
  readonly identity: Identity | undefined;
}

/** What a worker needs to scan by itself. */
export interface SelfScanSpec {
  readonly thread: ThreadSpec;
  readonly pool: ScanPoolOptions;
}

export interface HttpSpec {
  readonly serverName: string;
  readonly maxMessage: number;
  readonly allowFileInputs: boolean;
  /** Milliseconds. */
  readonly requestTimeout: number;
  readonly scanTimeout: number;
  readonly idleTimeout: number;
}

/** Scanners, and how messages are sent to them: what upstreams and mirrors have in common. */
export interface TargetSpec {
  readonly name: string;
  readonly hosts: HostsSpec;
  /** Milliseconds for one try. */
  readonly timeout: number;
  readonly settingsId: string | undefined;
  readonly extraHeaders: ReadonlyArray<readonly [name: string, value: string]>;
  readonly logTag: 'session' | 'queue_id' | 'none';
  readonly userAgent: string;
  /** Whether connections are offered to be kept (`keepalive`). */
  readonly keepAlive: boolean;
  /** Public key of the scanners; with it everything goes encrypted. */
  readonly key: Uint8Array | undefined;
  readonly compress: boolean;
  readonly ssl: boolean;
  /** Messages for scanners on this machine are handed over in shared memory. */
  readonly local: boolean;
  /** Reads the answers of the scanners, in place of what their type says. */
  readonly parser: Script | undefined;
}

export interface UpstreamSpec extends TargetSpec {
  readonly default: boolean;
  readonly selfScan: boolean;
  readonly tokenBucket: TokenBucket | undefined;
}

export interface MirrorSpec extends TargetSpec {
  /** Share of the messages, from 0 to 1. */
  readonly probability: number;
  /** Cut off when the client has its answer. */
  readonly followMaster: boolean;
}

/** The release whose behaviour this is: clients and scanners read it in `Server` and `User-Agent`. */
const rspamdVersion = '4.1.6';

/** Postfix gives a milter up after 300 s, Sendmail likewise: a verdict must be out before. */
const scanDeadline = 240_000;
const httpIdle = 65_000;

/** @throws Error when the file of a script cannot be read */
export function workerSpec(
  config: ProxyConfig,
  worker: ProxyWorker,
  log: LogSpec,
  identity: Identity | undefined,
): WorkerSpec {
  const serverName = config.http.client.server_hdr ?? `rspamd/${rspamdVersion}`;
  return {
    title: `rspamd_proxy process (${worker.listeners.map(({ line }) => line).join(', ')})`,
    milter: worker.milter ? milterOptions(config, worker, serverName) : undefined,
    http: {
      serverName,
      maxMessage: config.options.max_message,
      allowFileInputs: worker.allow_file_and_shm_inputs,
      requestTimeout: worker.timeout,
      scanTimeout: scanDeadline,
      idleTimeout: httpIdle,
    },
    clientAccess: clientAccessSpec(config, worker),
    connectionLimits: { all: worker.max_connections, perSource: worker.max_connections_per_source },
    upstreams: worker.upstreams.map((upstream) => upstreamSpec(config, upstream)),
    mirrors: worker.mirrors.map((mirror) => mirrorSpec(config, worker, mirror)),
    comparisonLog: worker.comparison_log === undefined ? undefined : { path: worker.comparison_log, owner: identity },
    scripts: scriptsSpec(config, worker),
    maxTries: worker.max_retries,
    limits: limits(config),
    resolver: resolver(config),
    scannerAccess: scannerAccessSpec(config),
    scan: worker.upstreams.some(({ self_scan }) => self_scan) ? selfScan(config, worker) : undefined,
    log,
    heartbeat: { interval: config.options.heartbeat_interval, lossMax: config.options.heartbeats_loss_max },
    resources: { files: worker.max_files, core: worker.max_core },
    identity,
  };
}

function milterOptions(config: ProxyConfig, worker: ProxyWorker, serverName: string): MilterOptions {
  return {
    ...milterDefaults,
    discardOnReject: worker.discard_on_reject,
    quarantineOnReject: worker.quarantine_on_reject,
    spamHeader: worker.spam_header,
    rejectMessage: worker.reject_message ?? milterDefaults.rejectMessage,
    tempfailMessage: worker.tempfail_message ?? milterDefaults.tempfailMessage,
    quarantineMessage: worker.quarantine_message ?? milterDefaults.quarantineMessage,
    clientCaName: worker.client_ca_name,
    leadingSpace: worker.milter_header_space,
    maxMessage: config.options.max_message,
    scanDeadline,
    actions: actionKinds(config.actions),
    serverHeader: `${serverName} (milter mode)`,
  };
}

function actionKinds({ list }: ActionsConfig): ReadonlyMap<string, ActionKind> {
  return new Map(list.map(({ name, type }) => [name, type]));
}

function upstreamSpec(config: ProxyConfig, upstream: Upstream): UpstreamSpec {
  const bucket = upstream.token_bucket;
  return {
    ...targetSpec(config, upstream),
    default: upstream.default,
    selfScan: upstream.self_scan,
    tokenBucket:
      bucket &&
      tokenBucketOf({
        maxTokens: bucket.max_tokens,
        scale: bucket.scale,
        minTokens: bucket.min_tokens,
        baseCost: bucket.base_cost,
      }),
  };
}

/** A mirror that follows the master has the worker's time (rspamd: src/rspamd_proxy.c:proxy_open_mirror_connections). */
function mirrorSpec(config: ProxyConfig, worker: ProxyWorker, mirror: Mirror): MirrorSpec {
  const target = targetSpec(config, mirror);
  return {
    ...target,
    timeout: mirror.follow_master ? worker.timeout : target.timeout,
    probability: mirror.probability,
    followMaster: mirror.follow_master,
  };
}

function targetSpec(config: ProxyConfig, target: Upstream | Mirror): TargetSpec {
  return {
    name: target.name,
    hosts: parseHosts(strings(target.hosts)),
    timeout: target.timeout,
    settingsId: target.settings_id,
    extraHeaders: target.extra_headers,
    logTag: target.log_tag,
    userAgent: config.http.client.user_agent ?? `rspamd-${rspamdVersion}`,
    keepAlive: target.keepalive,
    key: target.key,
    compress: target.compress,
    ssl: target.ssl,
    local: target.local,
    parser: target.parser && inlineScript('parser', target.parser),
  };
}

function strings(hosts: readonly HostsString[]): string[] {
  return hosts.map(({ value }) => value);
}

function limits({ options }: ProxyConfig): Limits {
  const given = options.upstream;
  return limitsOf({
    maxErrors: given.max_errors,
    errorTime: given.error_time,
    reviveTime: given.revive_time,
    resolveTime: given.lazy_resolve_time,
    resolveMinInterval: given.resolve_min_interval,
  });
}

function resolver({ options: { dns } }: ProxyConfig): ResolverSettings {
  return {
    servers: parseNameservers(strings(dns.nameserver)).servers,
    timeout: dns.timeout,
    retransmits: dns.retransmits,
    hostsFiles: dns.hosts,
  };
}

/** Messages that wait for a scan thread; a client that is turned away comes again. */
const scanQueue = 256;

/** Messages in one scan thread at a time. */
const scansPerThread = 8;

function selfScan(config: ProxyConfig, { scan_threads }: ProxyWorker): SelfScanSpec {
  return selfScanSpec(config, scan_threads > 0 ? scan_threads : Math.max(1, availableParallelism() - 1));
}

/** What scan threads are made from. */
export function selfScanSpec(config: ProxyConfig, threads: number): SelfScanSpec {
  const { options } = config;
  const list = options.url_tld;
  // A thread that has not answered by then does nothing but turn in circles.
  const patience = 5_000 + 2 * (options.task_timeout > 0 ? options.task_timeout : 60_000);
  return {
    thread: {
      scan: scanSpec(config),
      dns: dnsSettings(config),
      dataFolder: list === undefined ? undefined : dirname(list),
    },
    pool: { threads, perThread: scansPerThread, queue: scanQueue, patience },
  };
}

function dnsSettings(config: ProxyConfig): DnsSettings {
  const { dns, dns_max_requests } = config.options;
  return {
    ...stockDnsSettings,
    servers: strings(dns.nameserver),
    limits: limits(config),
    dnssec: dns.enable_dnssec,
    fakes: fakesOfHosts(dns.hosts ?? ['/etc/hosts']),
    timeout: dns.timeout,
    retransmits: dns.retransmits,
    sockets: dns.sockets,
    maxRequests: dns_max_requests,
  };
}

/**
 * The `logging` section.
 * @param forWorker workers under `level = silent` write notices and worse only
 */
export function logSpec(logging: LoggingConfig, identity: Identity | undefined, forWorker: boolean): LogSpec {
  const type = logging.type ?? 'console';
  const target: LogSpec['target'] =
    type === 'file' && logging.filename !== undefined
      ? { type: 'file', path: logging.filename, owner: identity }
      : type === 'syslog'
        ? { type: 'syslog', facility: logging.facility }
        : { type: 'console' };
  return {
    target,
    level: levelOf(logging.level, forWorker),
    debugModules: logging.debug_modules,
    style: {
      severity: logging.severity === true,
      usec: logging.usec === true,
      systemd: logging.systemd === true,
      json: logging.json === true,
      color: logging.color === true && process.stderr.isTTY === true,
      maxTagLength: logging.max_tag_len,
      tagStripPolicy: logging.tag_strip_policy as LogSpec['style']['tagStripPolicy'],
    },
  };
}

/** Processes of a worker section (rspamd: src/libserver/cfg_utils.cxx:rspamd_worker_conf_new). */
export function workerCount(worker: ProxyWorker): number {
  return worker.count ?? Math.min(4, Math.max(1, availableParallelism() - 2));
}

function levelOf(level: string, forWorker: boolean): LogLevel {
  if (level === 'silent') return forWorker ? 'notice' : 'info';
  return level as LogLevel;
}
