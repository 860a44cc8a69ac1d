export { greylistRules } from './rule.ts';
