export { Bayes, type Learned } from './bayes.ts';
export { bayesRule } from './rule.ts';
export { type BayesSettings, bayesSettings } from './settings.ts';
export type { StatClass } from './store.ts';
