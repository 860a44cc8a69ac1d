import { connectionsOf } from './statistics.ts';
import { actionsOf, hostsOf, learnedOf, spamAndHam, symbolsOf, threadsOf, type View } from './view.ts';

/**
 * What was counted: the keys of the controller's `/stat` (rspamd: src/controller.c:rspamd_controller_handle_stat_common),
 * but for those of its memory pools, and further ones of the proxy.
 */
export function statistics(view: View): Readonly<Record<string, unknown>> {
  const { about, statistics } = view;
  const { scan, proxy, threads, clients } = statistics.counts;
  const learned = learnedOf(view);
  const { spam, ham } = spamAndHam(view);
  const learns = learned === undefined ? 0 : learned.spam + learned.ham;
  return {
    version: about.version,
    config_id: about.configId,
    uptime: Math.floor((Date.now() - about.startedAt) / 1000),
    read_only: false,
    scanned: scan.scanned,
    learned: learns,
    actions: Object.fromEntries(actionsOf(view)),
    scan_times: scan.recentSeconds.map(rounded(6)),
    spam_count: spam,
    ham_count: ham,
    connections: connectionsOf(statistics.counts),
    control_connections: statistics.controlConnections,
    total_learns: learns,
    ...(learned !== undefined && { learned_messages: { spam: learned.spam, ham: learned.ham } }),
    clients: { connections: Object.fromEntries(clients.connections), refused: clients.refused },
    requests: Object.fromEntries(proxy.requests),
    milter_verdicts: Object.fromEntries(clients.milterVerdicts),
    failures: Object.fromEntries(proxy.failures),
    upstreams: Object.fromEntries(
      [...proxy.attempts].map(([name, attempts]) => {
        const failures = proxy.attemptFailures.get(name) ?? 0;
        const answers = attempts - failures;
        const seconds = proxy.attemptSeconds.get(name) ?? 0;
        return [name, { attempts, failures, average_time: answers > 0 ? rounded(6)(seconds / answers) : 0 }];
      }),
    ),
    mirrors: Object.fromEntries(
      [...new Set([...proxy.copies.keys(), ...proxy.copiesSkipped.keys()])].map((name) => {
        const [sent, failures, skipped] = [proxy.copies, proxy.copyFailures, proxy.copiesSkipped];
        return [
          name,
          { sent: sent.get(name) ?? 0, failures: failures.get(name) ?? 0, skipped: skipped.get(name) ?? 0 },
        ];
      }),
    ),
    hosts: Object.fromEntries(
      [...hostsOf(view)].map(([group, hosts]) => [
        group,
        Object.fromEntries(
          [...hosts].map(([host, { states, inflight, latency }]) => [
            host,
            {
              workers: Object.fromEntries(states),
              inflight,
              ...(latency !== undefined && { latency: rounded(6)(latency / 1000) }),
            },
          ]),
        ),
      ]),
    ),
    dns: { requests: scan.dnsRequests, failures: scan.dnsFailures, cached: scan.dnsCached },
    scan_threads: { ...threadsOf(view), replaced: threads.replaced, turned_away: threads.turnedAway },
  };
}

/** What the controller's `/counters` has of symbols (rspamd: src/libserver/symcache/symcache_impl.cxx), and their scores. */
export function counters(view: View): readonly object[] {
  return symbolsOf(view).map(({ name, weight, hits, score, frequency, deviation, time }) => ({
    symbol: name,
    weight: rounded(3)(weight),
    frequency: rounded(6)(frequency),
    frequency_stddev: rounded(6)(deviation),
    hits,
    // Milliseconds there.
    time: rounded(3)(time * 1000),
    score: rounded(3)(score),
  }));
}

const rounded =
  (digits: number) =>
  (value: number): number =>
    Math.round(value * 10 ** digits) / 10 ** digits;
