export { SelfScanBackend } from './backend.ts';
export type { ThreadSpec } from './job.ts';
export { ScanPool, type ScanPoolOptions } from './pool.ts';
