import { clearCounts, countsToJson, readCounts } from '../../message/counts.ts';
import { addWorkerCounts, groupsOf, noWorkerCounts, type WorkerCounts } from './counts.ts';
import { Rates } from './rates.ts';

/** Milliseconds between two looks at how often symbols are found (rspamd: option cache_reload). */
const rateInterval = 30_000;

/** What all workers counted together, those too that are no more. */
export class Statistics {
  readonly counts: WorkerCounts = noWorkerCounts();
  readonly rates = new Rates(performance.now());
  /** Commands that came over the control socket. */
  controlConnections = 0;

  constructor() {
    setInterval(() => this.rates.update(this.counts.scan.hits, performance.now()), rateInterval).unref();
  }

  add(more: Partial<WorkerCounts>): void {
    addWorkerCounts(this.counts, more);
  }

  reset(): void {
    for (const [, group] of groupsOf(this.counts)) clearCounts(group);
    this.controlConnections = 0;
    this.rates.reset(this.counts.scan.hits, performance.now());
  }

  /**
   * What outlives the program, beside the keys of the original, which reads such a file too
   * (rspamd: src/libserver/worker_util.c:rspamd_controller_store_saved_stats).
   */
  toJson(): object {
    const { scan } = this.counts;
    return {
      scanned: scan.scanned,
      actions: Object.fromEntries(scan.actions),
      connections: connectionsOf(this.counts),
      control_connections: this.controlConnections,
      rspamd_proxy: Object.fromEntries([...groupsOf(this.counts)].map(([name, group]) => [name, countsToJson(group)])),
    };
  }

  /** Goes on from what `toJson` of this program wrote, or the original. */
  restore(json: unknown): void {
    const saved = members(json);
    if (typeof saved['control_connections'] === 'number') this.controlConnections += saved['control_connections'];
    const own = saved['rspamd_proxy'];
    const before = noWorkerCounts();
    if (own === undefined) readCounts(before.scan, { scanned: saved['scanned'], actions: saved['actions'] });
    else for (const [name, group] of groupsOf(before)) readCounts(group, members(own)[name]);
    this.add(before);
    this.rates.reset(this.counts.scan.hits, performance.now());
  }
}

export function connectionsOf({ clients }: WorkerCounts): number {
  return [...clients.connections.values()].reduce((sum, one) => sum + one, 0);
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
