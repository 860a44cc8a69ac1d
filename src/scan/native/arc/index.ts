export { type ArcFinding, type ArcSettings, arcFinding, arcRule, stockArcSettings } from './rule.ts';
