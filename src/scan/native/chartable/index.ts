export { type CharsetSettings, charsetRule, stockCharsetSettings } from './rule.ts';
