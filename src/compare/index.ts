export type { Difference } from './difference.ts';
export type { ComparisonLine, MirrorLine, ResultLine } from './line.ts';
export { ComparisonLog } from './log.ts';
