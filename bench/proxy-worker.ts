/** One worker of ours for the benchmark: `node proxy-worker.js PORT SCANNER [keepalive]`. */
import { createServer } from 'node:net';
import { ConnectionPool, RequestWriter, UpstreamBackend } from '../src/backends/upstream/index.ts';
import { HttpFrontend } from '../src/frontends/http/index.ts';
import { Deadlines } from '../src/message/deadlines.ts';
import { silentLogger } from '../src/message/log.ts';
import { Pipeline } from '../src/proxy/index.ts';
import { createLookup, parseHosts, UpstreamGroup } from '../src/upstreams/index.ts';

const [port, scanner = '', keepAlive] = process.argv.slice(2);
const deadlines = new Deadlines();
const backend = new UpstreamBackend({
  name: 'bench',
  hosts: new UpstreamGroup({ name: 'bench', hosts: parseHosts([scanner]), lookup: createLookup() }),
  connections: new ConnectionPool({ keepAlive: keepAlive === 'keepalive', maxReply: 50 << 20, deadlines }),
  writer: new RequestWriter({ extraHeaders: [], logTag: 'session', userAgent: 'rspamd-4.1.6' }),
  timeout: 60_000,
});
const { scan } = new Pipeline({ upstreams: [backend], fallback: backend, maxTries: 5, logger: silentLogger });
const frontend = new HttpFrontend({
  scan,
  logger: silentLogger,
  deadlines,
  serverName: 'rspamd/4.1.6',
  maxMessage: 50 << 20,
  allowFileInputs: true,
  requestTimeout: 60_000,
  scanTimeout: 280_000,
  idleTimeout: 60_000,
});
const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
  frontend.handleConnection(socket, {
    kind: 'inet',
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
  }),
);
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
