export { Selectors } from './selectors.ts';
export { urlFields } from './things.ts';
export { usualUrls } from './urls.ts';
export { poolVariable, poolVariables } from './variables.ts';
export type { SelectorWorld } from './world.ts';
