export { type DmarcFinding, type DmarcSettings, dmarcFinding, dmarcRule, stockDmarcSettings } from './rule.ts';
