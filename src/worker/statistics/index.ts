export { noWorkerCounts, takeWorkerCounts, type WorkerCounts } from './counts.ts';
export { StatisticsFile } from './file.ts';
export { metrics, scannerMetrics } from './metrics.ts';
export { counters, statistics } from './replies.ts';
export { Statistics } from './statistics.ts';
export type { About, View } from './view.ts';
