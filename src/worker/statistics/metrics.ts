import type { Tally } from '../../message/counts.ts';
import { connectionsOf } from './statistics.ts';
import { actionsOf, hostsOf, learnedOf, living, mean, spamAndHam, symbolsOf, threadsOf, type View } from './view.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * For Prometheus: the names of the controller's `/metrics`, but for those of its memory pools (rspamd:
 * src/libserver/worker_util.c:rspamd_metrics_to_prometheus_string), and further ones that begin with `rspamd_proxy_`.
 */
export function metrics(view: View): string {
  return whole([...original(view), ...own(view)]);
}

/** Those of the original alone: what a scanner tells everybody who can send it messages. */
export function scannerMetrics(view: View): string {
  return whole(original(view));
}

const whole = (metrics: readonly string[]): string => `${metrics.join('')}# EOF\n`;

function original(view: View): string[] {
  const { about, statistics } = view;
  const { scan } = statistics.counts;
  const { spam, ham } = spamAndHam(view);
  const learned = learnedOf(view);
  return [
    metric('gauge', 'rspamd_build_info', "A metric with a constant '1' value labeled by version.", [
      [{ version: about.version }, 1],
    ]),
    metric('gauge', 'rspamd_config', "A metric with a constant '1' value labeled by id of the current config.", [
      [{ id: about.configId }, 1],
    ]),
    single('gauge', 'rspamd_scan_time_average', 'Average messages scan time.', mean(scan.recentSeconds) ?? 0),
    single(
      'gauge',
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      Math.floor(about.startedAt / 1000),
    ),
    single('gauge', 'rspamd_read_only', 'Whether the instance is read-only.', 0),
    single('counter', 'rspamd_scanned_total', 'Scanned messages.', scan.scanned),
    single('counter', 'rspamd_learned_total', 'Learned messages.', (learned?.spam ?? 0) + (learned?.ham ?? 0)),
    single('counter', 'rspamd_spam_total', 'Messages classified as spam.', spam),
    single('counter', 'rspamd_ham_total', 'Messages classified as ham.', ham),
    single('gauge', 'rspamd_connections', 'Connections since the start.', connectionsOf(statistics.counts)),
    single('gauge', 'rspamd_control_connections_total', 'Control connections.', statistics.controlConnections),
    metric('counter', 'rspamd_actions_total', 'Actions labelled by action type.', tally('type', actionsOf(view))),
  ];
}

function own(view: View): string[] {
  const { scan, proxy, threads, clients } = view.statistics.counts;
  const now = threadsOf(view);
  const reports = living(view.reports);
  const symbols = symbolsOf(view);
  const found = symbols.filter(({ hits }) => hits > 0);
  return [
    single('gauge', 'rspamd_proxy_workers', 'Worker processes that answer.', reports.length),
    single(
      'gauge',
      'rspamd_proxy_open_connections',
      'Connections that are open now.',
      reports.reduce((sum, { conns }) => sum + conns, 0),
    ),
    counter('connections_total', 'Connections since the start, by protocol.', tally('protocol', clients.connections)),
    counter('refused_connections_total', 'Connections beyond a limit.', [[{}, clients.refused]]),
    counter('requests_total', 'Requests, by protocol.', tally('protocol', proxy.requests)),
    counter('milter_verdicts_total', 'What MTAs were told, by action.', tally('action', clients.milterVerdicts)),
    counter('failures_total', 'Requests without an answer, by error.', tally('code', proxy.failures)),
    counter('upstream_attempts_total', 'Tries to have an upstream answer.', tally('upstream', proxy.attempts)),
    counter('upstream_failures_total', 'Tries that failed.', tally('upstream', proxy.attemptFailures)),
    counter('upstream_seconds_total', 'Time until answers.', tally('upstream', proxy.attemptSeconds)),
    counter('mirror_copies_total', 'Copies sent to a mirror.', tally('mirror', proxy.copies)),
    counter('mirror_failures_total', 'Copies that came to nothing.', tally('mirror', proxy.copyFailures)),
    counter('mirror_skipped_total', 'Messages not copied.', tally('mirror', proxy.copiesSkipped)),
    ...hosts(view),
    counter('scan_seconds_total', 'Time of all scans.', [[{}, scan.seconds]]),
    counter('symbol_hits_total', 'Messages that have a symbol.', tally('symbol', scan.hits)),
    metric(
      'gauge',
      'rspamd_proxy_symbol_score_average',
      'What a symbol weighed, on average.',
      found.map(({ name, score }): Sample => [{ symbol: name }, score]),
    ),
    metric(
      'gauge',
      'rspamd_proxy_symbol_seconds_average',
      'What the rule of a symbol takes, on average.',
      symbols.filter(({ time }) => time > 0).map(({ name, time }): Sample => [{ symbol: name }, time]),
    ),
    counter('dns_requests_total', 'Questions to name servers.', [[{}, scan.dnsRequests]]),
    counter('dns_failures_total', 'Questions without a usable answer.', [[{}, scan.dnsFailures]]),
    counter('dns_cached_total', 'Questions answered from the cache.', [[{}, scan.dnsCached]]),
    single('gauge', 'rspamd_proxy_scan_threads', 'Threads that scan.', now.threads),
    single('gauge', 'rspamd_proxy_scan_threads_busy', 'Threads with a message.', now.busy),
    single('gauge', 'rspamd_proxy_scans_running', 'Messages in threads.', now.running),
    single('gauge', 'rspamd_proxy_scans_queued', 'Messages that wait for a thread.', now.queued),
    counter('scan_threads_replaced_total', 'Threads that crashed or hung.', [[{}, threads.replaced]]),
    counter('scans_turned_away_total', 'Messages that found the queue full.', [[{}, threads.turnedAway]]),
  ];
}

function hosts(view: View): string[] {
  const all = [...hostsOf(view)].flatMap(([upstream, hosts]) =>
    [...hosts].map(([host, now]) => ({ labels: { upstream, host }, now })),
  );
  const states = all.flatMap(({ labels, now }) =>
    [...now.states].map(([state, workers]): Sample => [{ ...labels, state }, workers]),
  );
  const latencies = all.flatMap(({ labels, now }): Sample[] =>
    now.latency === undefined ? [] : [[labels, now.latency / 1000]],
  );
  return [
    metric('gauge', 'rspamd_proxy_host_workers', 'How many workers hold a host for what.', states),
    metric('gauge', 'rspamd_proxy_host_latency_seconds', 'Moving average of the time to an answer.', latencies),
  ];
}

const tally = (label: string, counts: ReadonlyMap<string, number> | Tally): Sample[] =>
  [...counts].map(([name, value]) => [{ [label]: name }, value]);

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return metric('counter', `rspamd_proxy_${name}`, help, samples);
}

function single(type: 'gauge' | 'counter', name: string, help: string, value: number): string {
  return metric(type, name, help, [[{}, value]]);
}

/** Nothing where there is no sample. */
function metric(type: 'gauge' | 'counter', name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${labelled(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelled(labels: Labels): string {
  const all = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`,
  );
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}
