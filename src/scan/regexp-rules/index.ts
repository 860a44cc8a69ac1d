export { type RegexpRuleSpec, readRegexpRules, regexpRule } from './rule.ts';
