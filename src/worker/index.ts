export { ControlSocket } from './control.ts';
export { CurrentLog } from './log/current.ts';
export { Primary } from './primary.ts';
export { type Identity, identityOf } from './privileges.ts';
export { Reloads } from './reloads.ts';
export { compareScript, inlineScript, shownConfig } from './scripts.ts';
export { logSpec, selfScanSpec } from './spec.ts';
export { StatisticsFile } from './statistics/index.ts';
