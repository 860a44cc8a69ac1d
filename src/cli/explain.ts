import type { Chunk, Mirror, PlacedListener, ProxyConfig, ProxyWorker, Upstream } from '../config/index.ts';
import { lineAndColumn, type Position, text } from '../ucl/index.ts';
import { type HostItem, parseHosts } from '../upstreams/index.ts';
import type { Configuration } from './configuration.ts';

/** How the proxy understood a configuration: who listens where, who scans, what is off. Lines without newlines. */
export function explain({ tree, config }: Configuration): string[] {
  if (config === undefined) return [];
  const others = config.otherWorkers;
  return [
    `configuration: ${tree.title}`,
    `read: ${tree.sources.length} ${tree.sources.length === 1 ? 'text' : 'texts'}; CONFDIR is ${tree.location.confdir}${confdirReason(tree.location.from)}`,
    ...(config.workers.length === 0 ? ['no rspamd_proxy worker: the proxy has nothing to do'] : []),
    ...config.workers.flatMap(workerLines),
    `log: ${logText(config)}`,
    ...(others.length === 0 ? [] : [`workers of other types, not run by this proxy: ${others.join(', ')}`]),
  ];
}

const reasons = {
  variable: '',
  'main file': ', because the files that the main file includes from there lie beside it',
  package: '',
} as const;

function confdirReason(from: keyof typeof reasons): string {
  return reasons[from];
}

function workerLines(worker: ProxyWorker): string[] {
  const title = `worker rspamd_proxy, ${place(worker.at)}`;
  if (worker.off) return [`${title}: off`];
  const protocol = worker.milter ? 'milter' : 'HTTP';
  return [
    title,
    ...worker.listeners.map((listener) => `  listens on ${listenerText(listener)} for ${protocol}`),
    ...encryptionLines(worker),
    ...worker.upstreams.map((upstream) => `  upstream ${text(upstream.name)}: ${upstreamText(upstream)}`),
    ...worker.mirrors.map((mirror) => `  mirror ${text(mirror.name)}: ${mirrorText(mirror, worker)}`),
    ...(worker.comparison_log === undefined ? [] : [`  compares their results in ${worker.comparison_log}`]),
    ...scriptLines(worker),
    ...(worker.disabled.length === 0 ? [] : [`  switched off: ${worker.disabled.map(text).join(', ')}`]),
    `  ${worker.max_retries} tries for a message${rejectText(worker)}`,
  ];
}

function encryptionLines({ keypair, encrypted_only }: ProxyWorker): string[] {
  const keys = keypair.length === 1 ? 'a key pair' : `${keypair.length} key pairs`;
  const plain = encrypted_only ? '; plain ones from this machine only' : '';
  if (keypair.length > 0) return [`  takes encrypted requests, with ${keys}${plain}`];
  return encrypted_only ? ['  takes requests from this machine only: encrypted_only without a keypair'] : [];
}

function scriptLines({ script, upstreams, mirrors }: ProxyWorker): string[] {
  const places = (chunks: readonly Chunk[]): string => chunks.map(({ at }) => place(at)).join(', ');
  const parsers = [...upstreams, ...mirrors].map(({ parser }) => parser).filter((one) => one !== undefined);
  return [
    ...(script.length === 0 ? [] : [`  calls for each message's results: ${places(script)}`]),
    ...(parsers.length === 0 ? [] : [`  reads answers with: ${places(parsers)}`]),
  ];
}

function place(at: Position): string {
  return `${at.source.name}:${lineAndColumn(at).line}`;
}

function listenerText(listener: PlacedListener): string {
  const tls = listener.ssl ? ' (TLS)' : '';
  switch (listener.kind) {
    case 'unix':
      return `${listener.path} (mode 0${listener.mode.toString(8)})${tls}`;
    case 'systemd':
      return `socket ${listener.id} of systemd${tls}`;
    case 'inet': {
      const every = { both: 'all addresses', 4: 'all IPv4 addresses', 6: 'all IPv6 addresses' }[listener.families];
      return `${listener.host === undefined ? `${every}, port ${listener.port}` : hostPort(listener.host, listener.port)}${tls}`;
    }
  }
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function upstreamText(upstream: Upstream): string {
  const role = upstream.default ? ', default' : '';
  if (upstream.self_scan) return `scans in this process${role}`;
  return `${targetText(upstream, upstream.token_bucket !== undefined)}${role}`;
}

function mirrorText(mirror: Mirror, { timeout }: ProxyWorker): string {
  const time = mirror.follow_master ? timeout : mirror.timeout;
  const share = `${Math.round(mirror.probability * 100)} % of the messages`;
  const follows = mirror.follow_master ? ', until the client has its answer' : '';
  return `${targetText({ ...mirror, timeout: time }, false)}, ${share}${follows}`;
}

function targetText(target: Upstream | Mirror, tokenBucket: boolean): string {
  const { items, rotation } = parseHosts(target.hosts.map(({ value }) => value));
  const way = tokenBucket ? 'token bucket' : rotation;
  const hosts = items.map((item) => itemText(item)).join(', ');
  const how = [
    ...(target.ssl ? ['over TLS'] : []),
    ...(target.key === undefined ? [] : ['encrypted']),
    ...(target.compress ? ['compressed'] : []),
  ];
  return [`${hosts}${items.length > 1 ? ` (${way})` : ''}`, ...how, `${target.timeout / 1000} s for a try`].join(', ');
}

function itemText(item: HostItem): string {
  if (item.kind !== 'inet') return item.kind === 'unix' ? item.path : `SRV records of ${item.name}`;
  return `${hostPort(item.host, item.port)}${item.weight > 0 ? ` weight ${item.weight}` : ''}`;
}

function rejectText(worker: ProxyWorker): string {
  if (!worker.milter) return '';
  const [taken, quarantined, refused] = ['taken and dropped', 'put into quarantine', 'refused'];
  const fate = worker.discard_on_reject ? taken : worker.quarantine_on_reject ? quarantined : refused;
  return `; messages with action reject are ${fate}`;
}

function logText({ logging }: ProxyConfig): string {
  const where = {
    file: logging.filename ?? 'file',
    syslog: `syslog, facility ${logging.facility}`,
    console: 'standard error',
  };
  return `${where[logging.type ?? 'console']}, level ${logging.level}`;
}
