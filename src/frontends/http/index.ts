export { HttpFrontend } from './frontend.ts';
export type { HttpOptions } from './options.ts';
