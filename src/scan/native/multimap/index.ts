export { multimapRules } from './rule.ts';
