import type { LeveledLogger } from './log/logger.ts';
import { openLog } from './log/open.ts';
import type { Notice, Order } from './messages.ts';
import { dropPrivileges } from './privileges.ts';
import { type Serving, serve } from './serve.ts';

/** Entry of a worker process: does what the main process orders, and ends when that is gone. */

let serving: Serving | undefined;
let logger: LeveledLogger | undefined;

/** What was counted is told at least so often, so that no more is lost with a worker; milliseconds. */
const countsInterval = 1000;

function tell(notice: Notice): void {
  process.send?.(notice);
}

/** Resolves when the main process can read it, whatever becomes of this one. */
function tellCounts(): Promise<void> {
  const counts = serving?.takeCounts();
  if (counts === undefined || !process.connected) return Promise.resolve();
  return new Promise((resolve) => process.send?.({ kind: 'counts', counts } satisfies Notice, () => resolve()));
}

async function report(number: number): Promise<void> {
  if (serving === undefined) return;
  const report = await serving.report();
  void tellCounts();
  tell({ kind: 'report', number, report });
}

/** Clients that wait for metrics. */
const onMetrics: ((text: string) => void)[] = [];

function askMetrics(): Promise<string> {
  return new Promise((resolve) => {
    // One question for all who ask meanwhile.
    if (onMetrics.push(resolve) === 1) tell({ kind: 'ask-metrics' });
  });
}

async function start(order: Extract<Order, { kind: 'start' }>): Promise<void> {
  const { spec, sockets } = order;
  process.title = `rspamd-proxy: ${spec.title}`;
  try {
    logger = openLog(spec.log, { pid: process.pid, type: 'rspamd_proxy' });
    serving = await serve(spec, sockets, logger, askMetrics);
    if (spec.identity !== undefined) dropPrivileges(spec.identity);
    tell({ kind: 'ready' });
    setInterval(() => void tellCounts(), countsInterval).unref();
    if (spec.heartbeat.interval > 0) setInterval(() => tell({ kind: 'alive' }), spec.heartbeat.interval / 2).unref();
  } catch (cause) {
    tell({ kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) });
    leave(1);
  }
}

async function end(kind: 'retire' | 'stop'): Promise<void> {
  await serving?.end(kind);
  await tellCounts();
  leave(0);
}

function reopenLogs(): void {
  logger?.reopen();
  serving?.reopenLogs();
}

function leave(code: number): void {
  logger?.close();
  if (process.connected) process.disconnect();
  // Exiting waits for threads.
  if (serving?.hangs() === true) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'start':
      void start(order);
      break;
    case 'retire':
    case 'stop':
      void end(order.kind);
      break;
    case 'reopen-log':
      reopenLogs();
      break;
    case 'reresolve':
      serving?.reresolve();
      break;
    case 'metrics':
      for (const resolve of onMetrics.splice(0)) resolve(order.text);
      break;
    case 'report':
      void report(order.number);
  }
});
// Without the main process nobody would tell us to stop.
process.on('disconnect', () => void end('stop'));
process.on('SIGTERM', () => void end('stop'));
// Rspamd's main process says so that a worker has a successor (rspamd: src/libserver/worker_util.c).
process.on('SIGUSR2', () => void end('retire'));
// A terminal sends these to the whole group; the main process decides.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGUSR1', reopenLogs);
process.on('uncaughtException', (error) => {
  logger?.log('critical', 'main', 'uncaught', '', `internal error, the worker ends: ${error.stack ?? error.message}`);
  leave(70);
});
