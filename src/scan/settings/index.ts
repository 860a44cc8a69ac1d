export { allowedSymbol, ruleSwitch, SettingsBook } from './book.ts';
export { member, pairs, type TaskSettings, text, words } from './settings.ts';
export type { SettingsWorld } from './world.ts';
