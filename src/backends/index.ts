export type { Backend, Tries } from './backend.ts';
export { SelfScanBackend } from './self-scan.ts';
export {
  type Connections,
  type ExchangeLimits,
  type LogTag,
  type RequestRules,
  RequestWriter,
  UndiciConnections,
  type UndiciOptions,
  UpstreamBackend,
  type UpstreamOptions,
  type WireRequest,
} from './upstream/index.ts';
