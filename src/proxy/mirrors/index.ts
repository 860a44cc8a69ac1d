export type { Mirror } from './copy.ts';
export { type MirrorLimits, Mirrors, type MirrorsOptions } from './mirrors.ts';
