export type { Backend, Tries } from './backend.ts';
export { SelfScanBackend } from './self-scan.ts';
export { UpstreamBackend, type UpstreamOptions } from './upstream/backend.ts';
export type { Connections, ExchangeLimits, WireRequest } from './upstream/connections.ts';
export { type LogTag, type RequestRules, RequestWriter } from './upstream/request.ts';
export { UndiciConnections, type UndiciOptions } from './upstream/undici.ts';
