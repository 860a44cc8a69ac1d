export { type AsnSettings, asnRule, networkOwner, stockAsnSettings } from './rule.ts';
