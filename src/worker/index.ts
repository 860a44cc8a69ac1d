export { ControlSocket } from './control.ts';
export type { LeveledLogger } from './log/logger.ts';
export { type LogSpec, openLog } from './log/open.ts';
export { Primary } from './primary.ts';
export { type Identity, identityOf } from './privileges.ts';
export { Reloads } from './reloads.ts';
export { compareScript, inlineScript } from './scripts.ts';
export { logSpec } from './spec.ts';
