import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  createMilterServer,
  type MilterOptions,
  milterDefaults,
  standardActions,
} from '../../../src/frontends/milter/index.ts';
import { ScanError } from '../../../src/message/errors.ts';
import { Headers } from '../../../src/message/headers.ts';
import { silentLogger } from '../../../src/message/log.ts';
import type { ScanReply, ScanRequest, ScanResult } from '../../../src/message/scan.ts';
import { type ScannerDouble, type Scope, splitHttp } from './scanner-double.ts';

/** Something that speaks milter and asks a scanner: our front end alone, or a whole proxy. */
export interface ProxyUnderTest {
  readonly scope: Scope;
  /** Milliseconds that a reply or a close may take. */
  readonly patience: number;
  /** @param config worker options by their names in the configuration */
  start(config: Readonly<Record<string, unknown>>, scanner: ScannerDouble): Promise<RunningProxy>;
}

export interface RunningProxy {
  connect(): Promise<Socket>;
  stop(): Promise<void>;
}

/** The milter front end in this process, asking the double directly. */
export const frontEnd: ProxyUnderTest = {
  scope: 'front end',
  patience: 20_000,
  async start(config, scanner) {
    const services = {
      scan: (request: ScanRequest) => scan(request, scanner),
      logger: silentLogger,
      now: () => performance.now(),
    };
    const milter = createMilterServer(optionsOf(config), services);
    const server = createServer((socket) =>
      milter.handleConnection(socket, { kind: 'inet', address: '127.0.0.1', port: 1 }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      async connect() {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      async stop() {
        server.close();
        milter.destroy();
        await milter.drain();
      },
    };
  },
};

/** Actions that the corpus takes for configured (its README, Replay 1). */
const actions: MilterOptions['actions'] = new Map([
  ...standardActions,
  ['discard', 'discard'],
  ['quarantine', 'quarantine'],
  ['mycustom', 'custom'],
]);

function optionsOf(config: Readonly<Record<string, unknown>>): MilterOptions {
  const text = (name: string, byDefault: string): string =>
    typeof config[name] === 'string' ? config[name] : byDefault;
  const number = (name: string, byDefault: number): number =>
    typeof config[name] === 'number' ? config[name] : byDefault;
  return {
    ...milterDefaults,
    actions,
    discardOnReject: config['discard_on_reject'] === true,
    quarantineOnReject: config['quarantine_on_reject'] === true,
    spamHeader: text('spam_header', milterDefaults.spamHeader),
    rejectMessage: text('reject_message', milterDefaults.rejectMessage),
    tempfailMessage: text('tempfail_message', milterDefaults.tempfailMessage),
    quarantineMessage: text('quarantine_message', milterDefaults.quarantineMessage),
    clientCaName: typeof config['client_ca_name'] === 'string' ? config['client_ca_name'] : undefined,
    leadingSpace: config['milter_header_space'] === true,
    maxMessage: number('max_message', milterDefaults.maxMessage),
  };
}

async function scan(request: ScanRequest, scanner: ScannerDouble): Promise<ScanReply> {
  const { target, headers, body } = request;
  const response = scanner.answer({ method: undefined, target, headers: new Headers(headers.flat), body });
  if (response === undefined) throw new ScanError('UPSTREAM_UNREACHABLE');
  return readReply(response);
}

/** Reads a recorded answer as a backend would: JSON of an `application/json` body, and what follows `Message-Offset`. */
function readReply(response: Buffer): ScanReply {
  const { startLine, headers, body } = splitHttp(response);
  const [, status = '', ...reason] = startLine.split(' ');
  const offset = Number(headers.get('Message-Offset') ?? Number.NaN);
  const cut = offset >= 0 && offset < body.length;
  const json = cut ? body.subarray(0, offset) : body;
  const known = headers.get('Content-Type')?.toLowerCase() === 'application/json';
  return {
    status: Number(status),
    reason: reason.join(' '),
    headers,
    body,
    result: known ? parsed(json) : undefined,
    encoding: 'latin1',
    rewritten: cut ? body.subarray(offset) : undefined,
  };
}

function parsed(json: Buffer): ScanResult | undefined {
  try {
    return JSON.parse(json.toString('latin1')) as ScanResult;
  } catch {
    return undefined;
  }
}
