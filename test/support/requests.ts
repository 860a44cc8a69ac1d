import { Headers } from '../../src/message/headers.ts';
import type { ScanRequest } from '../../src/message/scan.ts';

/** A request as a front end would hand it on. */
export function scanRequest(given: Partial<ScanRequest> = {}): ScanRequest {
  return {
    transport: 'http',
    peer: { kind: 'inet', address: '192.0.2.7', port: 4711 },
    target: '/checkv2',
    headers: new Headers(),
    upstream: undefined,
    body: Buffer.from('Subject: x\r\n\r\ntext\r\n'),
    sessionId: '0123456789abcdef',
    deadline: performance.now() + 60_000,
    signal: new AbortController().signal,
    ...given,
  };
}
