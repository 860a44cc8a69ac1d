export type { TaskSettings } from './settings.ts';
