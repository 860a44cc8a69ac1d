export { noProxyCounts, type ProxyCounts } from './counts.ts';
export { type Mirror, type MirrorLimits, Mirrors, type MirrorsOptions } from './mirrors/index.ts';
export type { Observer, Watch } from './observer.ts';
export { Pipeline, type PipelineOptions } from './pipeline.ts';
