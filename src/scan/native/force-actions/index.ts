export { forceActionRules } from './rule.ts';
