export { type SpfFinding, type SpfSettings, spfFinding, spfRule, stockSpfSettings } from './rule.ts';
