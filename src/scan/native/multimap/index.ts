export { type MultimapWorld, multimapRules } from './rule.ts';
