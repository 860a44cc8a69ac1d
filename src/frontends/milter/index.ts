export { type ActionKind, type MilterOptions, milterDefaults, standardActions } from './options.ts';
export { createMilterServer, type MilterServer } from './server.ts';
export type { SessionServices } from './session.ts';
