/** The `io` library and what `os`, `debug` and the base library need of its streams. */
export { attempt } from './handle.ts';
export { openIo } from './library.ts';
export { closeLost, flushAll, StandardInput } from './stream.ts';
