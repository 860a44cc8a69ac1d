import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buildConfig } from '../../../src/config/index.ts';
import { Headers } from '../../../src/message/headers.ts';
import { silentLogger } from '../../../src/message/log.ts';
import { loadText } from '../../../src/ucl/index.ts';
import { MessageReader, requestFraming } from '../../../src/wire/http/index.ts';
import { openListener } from '../../../src/worker/listen.ts';
import { serve } from '../../../src/worker/serve.ts';
import { logSpec, workerSpec } from '../../../src/worker/spec.ts';
import type { ProxyUnderTest } from './proxy-under-test.ts';
import type { ScannerDouble } from './scanner-double.ts';

/** A whole worker as the main process would start it, from a configuration text to the requests on the wire. */
export const wholeProxy: ProxyUnderTest = {
  scope: 'whole request',
  patience: 20_000,
  async start(options, double) {
    const scanner = double.listens ? await listenAs(double) : undefined;
    const { max_message: maxMessage, ...worker } = options;
    // Port 1 of this machine: nobody listens there.
    const text = configText(scanner?.port ?? 1, worker, maxMessage);
    const { root, diagnostics } = loadText(text);
    if (root === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
    const { config } = buildConfig(root);
    const [section] = config.workers;
    if (section === undefined) throw new Error('no worker');
    const spec = workerSpec(config, section, logSpec(config.logging, undefined, true), undefined);
    const [listener] = section.listeners;
    if (listener === undefined) throw new Error('no listener');
    const [socket] = await openListener({ ...listener, port: 0 } as typeof listener, {});
    if (socket === undefined) throw new Error('no socket');
    const serving = await serve(spec, [{ ...socket, ssl: false }], silentLogger, async () => '');
    return {
      async connect() {
        const client = connect(serving.ports[0] as number, '127.0.0.1');
        await once(client, 'connect');
        return client;
      },
      async stop() {
        serving.destroy();
        await serving.end('stop');
        scanner?.close();
      },
    };
  },
};

/** The options of a session as the section of a configuration (README of the corpus, Replay 1). */
function configText(scannerPort: number, worker: Readonly<Record<string, unknown>>, maxMessage: unknown): string {
  const lines = Object.entries(worker).map(([name, value]) => `  ${name} = ${JSON.stringify(value)};`);
  const flags = '{ flags = ["no_threshold"]; }';
  return `
options { ${maxMessage === undefined ? '' : `max_message = ${maxMessage};`} }
actions {
  reject = 15; add_header = 6; greylist = 4;
  subject = "***SPAM*** %s";
  discard ${flags} quarantine ${flags} mycustom ${flags}
}
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:11332";
  milter = true;
  allow_file_and_shm_inputs = false;
  timeout = 5s;
${lines.join('\n')}
  upstream "scanner" { default = yes; hosts = "127.0.0.1:${scannerPort}"; }
}
`;
}

async function listenAs(double: ScannerDouble): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    answer(socket, double);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function answer(socket: Socket, double: ScannerDouble): void {
  const reader = new MessageReader({ head: 1 << 20, body: 1 << 30 });
  let request: { method: string; target: string; headers: Headers } | undefined;
  socket.on('data', (chunk) => {
    reader.push(chunk);
    if (request === undefined) {
      const head = reader.head();
      if (head === undefined) return;
      const [method = '', target = ''] = head.start.split(' ');
      request = { method, target, headers: new Headers(head.fields) };
      reader.expect(requestFraming(request.headers));
    }
    const body = reader.body();
    if (body === undefined) return;
    const response = double.answer({ ...request, body });
    if (response === undefined) socket.destroy();
    else socket.end(response);
  });
}
