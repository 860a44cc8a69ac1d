export { UpstreamBackend, type UpstreamOptions } from './backend.ts';
export type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
export { ConnectionPool, type PoolOptions } from './pool.ts';
export { type LogTag, type RequestRules, RequestWriter } from './request.ts';
