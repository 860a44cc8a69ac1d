export { SelfScanBackend } from './backend.ts';
export type { ThreadSpec } from './job.ts';
export { noThreadCounts, ScanPool, type ScanPoolOptions, type ThreadCounts, type ThreadStatus } from './pool.ts';
