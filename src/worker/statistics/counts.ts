import { noThreadCounts, type ThreadCounts } from '../../backends/index.ts';
import { addCounts, type Counts, type Tally, takeCounts } from '../../message/counts.ts';
import { noProxyCounts, type ProxyCounts } from '../../proxy/index.ts';
import { noScanCounts, type ScanCounts } from '../../scan/index.ts';

/** Those who connect. */
export type ClientCounts = {
  /** Connections, by protocol: `milter`, `http`. */
  connections: Tally;
  /** Connections beyond a limit. */
  refused: number;
  /** What MTAs were told of messages, by action, whoever scanned them; `tempfail` where there was no verdict. */
  milterVerdicts: Tally;
};

/** All that is counted in worker processes. */
export interface WorkerCounts {
  readonly clients: ClientCounts;
  readonly proxy: ProxyCounts;
  readonly scan: ScanCounts;
  readonly threads: ThreadCounts;
}

export function noWorkerCounts(): WorkerCounts {
  return {
    clients: { connections: new Map(), refused: 0, milterVerdicts: new Map() },
    proxy: noProxyCounts(),
    scan: noScanCounts(),
    threads: noThreadCounts(),
  };
}

const groups = ['clients', 'proxy', 'scan', 'threads'] as const satisfies (keyof WorkerCounts)[];

/** Each group, for what is the same for all of them. */
export function* groupsOf(counts: Partial<WorkerCounts>): Generator<[name: (typeof groups)[number], counts: Counts]> {
  for (const name of groups) {
    const group = counts[name];
    if (group !== undefined) yield [name, group];
  }
}

export function addWorkerCounts(to: WorkerCounts, more: Partial<WorkerCounts>): void {
  for (const [name, group] of groupsOf(more)) addCounts<Counts>(to[name], group);
}

/** What was counted since this was last asked, groups with nothing left out; undefined where there is none at all. */
export function takeWorkerCounts(counts: WorkerCounts): Partial<WorkerCounts> | undefined {
  const taken = [...groupsOf(counts)].flatMap(([name, group]) => {
    const some = takeCounts(group);
    return some === undefined ? [] : [[name, some] as const];
  });
  return taken.length === 0 ? undefined : Object.fromEntries(taken);
}
