export { Bayes, type Learned } from './bayes.ts';
export { hash64 } from './hash.ts';
export { languageOf } from './language.ts';
export { bayesRule } from './rule.ts';
export { type BayesSettings, bayesSettings } from './settings.ts';
export { stem } from './stem.ts';
export type { StatClass } from './store.ts';
