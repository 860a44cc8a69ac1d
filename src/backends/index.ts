export type { Backend, Tries } from './backend.ts';
export { type Parse, ParsedBackend } from './parsed.ts';
export { type ReaderOptions, type ResultReader, resultReader } from './result.ts';
export {
  noThreadCounts,
  ScanPool,
  type ScanPoolOptions,
  SelfScanBackend,
  type ThreadCounts,
  type ThreadSpec,
  type ThreadStatus,
} from './self-scan/index.ts';
export {
  ConnectionPool,
  type Connections,
  type ExchangeLimits,
  type LogTag,
  type Opener,
  type PoolOptions,
  type RequestRules,
  RequestWriter,
  type RestRules,
  SealedConnections,
  SharedMemoryConnections,
  type StageLimits,
  tlsOpener,
  UpstreamBackend,
  type UpstreamOptions,
  type WireRequest,
} from './upstream/index.ts';
