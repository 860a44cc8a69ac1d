import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { parseBindLine, systemAccounts, type UnixListener } from '../config/index.ts';
import type { Logger } from '../message/log.ts';
import { setPermissions } from './listen.ts';
import type { WorkerReport } from './messages.ts';
import { counters, metrics, type Statistics, statistics, type View } from './statistics/index.ts';

/** What commands are carried out on. */
export interface Controlled {
  /** What each worker says about itself, by process id. */
  reports(): Promise<ReadonlyMap<number, WorkerReport | undefined>>;
  /** What was counted until now, and how everything is. */
  view(): Promise<View>;
  reresolve(): void;
  /** Reads the configuration anew. Rejects when it cannot be used. */
  reload(): Promise<void>;
  readonly statistics: Statistics;
}

/** Milliseconds in which a command must be complete. */
const patience = 5_000;

/**
 * The socket for commands to the running program (`control_socket`): HTTP as `rspamadm control` speaks it (rspamd:
 * src/libserver/rspamd_control.c). `/stat`, `/reload` and `/reresolve` answer in the form of the original, `/stat` with
 * the keys of the controller's command of that name too; `/counters`, `/statreset` and `/metrics` are the controller's, as
 * there is none here; `/upstreams` is our own and tells how the hosts stand that each worker knows.
 */
export class ControlSocket {
  readonly #controlled: Controlled;
  readonly #logger: Logger;
  #line: string | undefined;
  #server: Server | undefined;
  #foreign = false;

  constructor(controlled: Controlled, logger: Logger) {
    this.#controlled = controlled;
    this.#logger = logger;
  }

  /** Another program listens there: an Rspamd of the same configuration. */
  get foreign(): boolean {
    return this.#foreign;
  }

  /** Listens where that line says, and nowhere else. What is wrong goes to the log: mail does not depend on it. */
  async use(line: string | undefined): Promise<void> {
    if (line === this.#line) return;
    this.close();
    this.#line = line;
    if (line === undefined || line === '') return;
    try {
      this.#server = await this.#listen(unixListener(line));
    } catch (cause) {
      this.#foreign = cause instanceof ForeignSocket;
      this.#logger.log(
        'warning',
        'main',
        'control',
        '',
        `control_socket takes no commands: ${(cause as Error).message}`,
      );
    }
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
    this.#foreign = false;
    this.#line = undefined;
  }

  async #listen(listener: UnixListener): Promise<Server> {
    await clear(listener.path);
    const server = createServer(
      { requestTimeout: patience, connectionsCheckingInterval: patience },
      (request, reply) => {
        request.resume();
        void this.#serve(request, reply);
      },
    );
    server.on('clientError', (_, socket) => socket.destroy());
    server.listen(listener.path);
    await once(server, 'listening');
    try {
      setPermissions(listener);
    } catch (cause) {
      server.close();
      throw cause;
    }
    return server;
  }

  async #serve({ url = '', headers }: IncomingMessage, reply: ServerResponse): Promise<void> {
    const target = url.replace(/[?#].*$/s, '').toLowerCase();
    this.#controlled.statistics.controlConnections++;
    const command = commands[target];
    try {
      if (target === '/metrics') answerMetrics(reply, metrics(await this.#controlled.view()), headers.accept);
      else if (command !== undefined) answer(reply, 200, 'OK', await command(this.#controlled));
      else answer(reply, 404, 'Command not defined', { error: senseless[target] ?? 'Command not defined' });
    } catch (cause) {
      answer(reply, 500, 'Command failed', { error: (cause as Error).message });
    }
  }
}

type Command = (controlled: Controlled) => Promise<object>;

const commands: Readonly<Record<string, Command | undefined>> = {
  '/stat': async (controlled) => stat(await controlled.view()),
  '/statreset': async (controlled) => {
    const told = stat(await controlled.view());
    controlled.statistics.reset();
    return told;
  },
  '/counters': async (controlled) => counters(await controlled.view()),
  '/upstreams': async (controlled) => {
    return {
      workers: byPid([...(await controlled.reports())], (report) => ({ type, upstreams: report?.hosts ?? {} })),
    };
  },
  '/reload': async (controlled) => {
    await controlled.reload();
    return statuses(controlled);
  },
  '/reresolve': async (controlled) => {
    controlled.reresolve();
    return statuses(controlled);
  },
};

const noStorage = 'this program runs no fuzzy storage: ask the Rspamd that does';

/** Why there is nothing to be said to commands of the original. */
const senseless: Readonly<Record<string, string | undefined>> = {
  '/recompile': 'there are no Hyperscan databases to be compiled: regular expressions are ready when a worker is',
  '/fuzzystat': noStorage,
  '/fuzzysync': noStorage,
  '/fuzzyhash': noStorage,
  '/compositesstats': 'composites are not counted apart: counters has them among the symbols',
  '/memstat': 'there are no memory pools: stat has the memory of each worker (maxrss)',
};

function stat(view: View): object {
  const reports = [...view.reports];
  const sum = (of: (report: WorkerReport) => number): number =>
    reports.reduce((total, [, report]) => total + (report === undefined ? 0 : of(report)), 0);
  return {
    workers: byPid(reports, (report) => {
      if (report === undefined) return { type, status: 1 };
      const { conns, utime, systime, uptime, maxrss } = report;
      return { type, conns, utime, systime, uptime, maxrss };
    }),
    total: { conns: sum(({ conns }) => conns), utime: sum(({ utime }) => utime), systime: sum((one) => one.systime) },
    ...statistics(view),
  };
}

const type = 'rspamd_proxy';

type Reports = ReadonlyArray<readonly [pid: number, report: WorkerReport | undefined]>;

function byPid(reports: Reports, tell: (report: WorkerReport | undefined) => object): object {
  return Object.fromEntries(reports.map(([pid, report]) => [pid, tell(report)]));
}

/** 0 for every worker that reports. */
async function statuses(controlled: Controlled): Promise<object> {
  const tell = (report: WorkerReport | undefined): object => ({ type, status: report === undefined ? 1 : 0 });
  return { workers: byPid([...(await controlled.reports())], tell) };
}

function answer(reply: ServerResponse, status: number, reason: string, body: object): void {
  send(reply, status, reason, 'application/json', JSON.stringify(body));
}

/** rspamd: src/libserver/worker_util.c:rspamd_controller_send_openmetrics_negotiated */
function answerMetrics(reply: ServerResponse, text: string, accept = ''): void {
  const open = accept.toLowerCase().includes('application/openmetrics-text');
  const type = open ? 'application/openmetrics-text; version=1.0.0' : 'text/plain; version=0.0.4';
  send(reply, 200, 'OK', `${type}; charset=utf-8`, text);
}

function send(reply: ServerResponse, status: number, reason: string, type: string, body: string): void {
  reply.writeHead(status, reason, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  reply.end(body);
}

/** @throws Error that says what is wrong with the line */
function unixListener(line: string): UnixListener {
  const parsed = parseBindLine(line, systemAccounts);
  if ('problem' in parsed) throw new Error(parsed.problem);
  if (parsed.ok.kind !== 'unix') throw new Error(`${parsed.ok.line} is no path of a unix socket`);
  return parsed.ok;
}

class ForeignSocket extends Error {}

/**
 * Takes a socket away that nobody listens on.
 * @throws ForeignSocket when somebody does: Rspamd itself may run beside this program on the same configuration
 */
async function clear(path: string): Promise<void> {
  const socket = connect(path);
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.once('connect', () => resolve(undefined)).once('error', resolve);
  });
  socket.destroy();
  if (error === undefined) throw new ForeignSocket(`${path} belongs to another program that runs`);
  if (error.code === 'ECONNREFUSED') unlinkSync(path);
}
