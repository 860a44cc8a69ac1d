export type { GtubePatterns } from './checks/gtube.ts';
export { type ReplyShape, replyJson } from './reply.ts';
export { Scanner, type ScanSettings, stockSettings, stockThresholds } from './scanner.ts';
export type { Thresholds } from './verdict.ts';
