export { UpstreamBackend, type UpstreamOptions } from './backend.ts';
export type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
export type { Opener } from './opener.ts';
export { ConnectionPool, type PoolOptions, type RestRules } from './pool.ts';
export { type LogTag, type RequestRules, RequestWriter } from './request.ts';
export { SealedConnections } from './sealed.ts';
export { SharedMemoryConnections } from './shared-memory.ts';
export type { StageLimits } from './stages.ts';
export { tlsOpener } from './tls.ts';
