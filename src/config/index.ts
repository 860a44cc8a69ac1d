export { systemAccounts } from './accounts.ts';
export { type Action, actionName, type StandardAction } from './actions.ts';
export {
  type Accounts,
  type InetListener,
  type Listener,
  type PlacedListener,
  parseBindLine,
  type SystemdListener,
  type UnixListener,
} from './bind.ts';
export { type Built, buildConfig } from './build.ts';
export { type Chunk, lineOfChunk } from './chunk.ts';
export { type CompositeDefinition, type CompositePolicy, readComposites } from './composites.ts';
export { type Finding, Findings } from './finding.ts';
export { readGroups, type SymbolDefinition, type SymbolGroup } from './groups.ts';
export { findHelp, type HelpNode, helpForKey, helpTree, searchHelp } from './help.ts';
export type { Keypair } from './keys.ts';
export { type ConfigTree, loadTree, type TreeOptions } from './load.ts';
export type { Location } from './locate.ts';
export type { Settings, Table } from './option.ts';
export { readModule } from './section.ts';
export { stateFolder } from './state-folder.ts';
export {
  forceActionRuleTable,
  fuzzyRuleTable,
  fuzzyTcpTable,
  moduleTables,
  rblListTable,
  whitelistRuleTable,
} from './tables/modules/index.ts';
export type {
  ActionsConfig,
  DnsConfig,
  HostsString,
  HttpConfig,
  LoggingConfig,
  Mirror,
  OptionsConfig,
  ProxyConfig,
  ProxyWorker,
  Upstream,
} from './types.ts';
