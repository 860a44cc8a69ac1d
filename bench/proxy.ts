import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../test/support/free-port.ts';
import { projectRoot } from '../test/support/project.ts';
import type { LoadOptions, LoadResult } from './load.ts';
import type { Bench } from './main.ts';

type Protocol = LoadOptions['protocol'];

/** A proxy that is measured in one way. The first of each protocol is what the others are compared with. */
interface Side {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** What HTTP clients ask for. */
  readonly close: boolean;
  readonly process: ChildProcess;
}

interface Measured extends LoadResult {
  /** Microseconds of processor time that the proxy used for each reply. */
  readonly cost: number;
}

const verdict =
  '{"is_skipped":false,"score":1.0,"required_score":15.0,"action":"no action","thresholds":{"reject":15.0,' +
  '"rewrite subject":8.0,"add header":6.0,"greylist":4.0},"symbols":{"DATE_IN_PAST":{"name":"DATE_IN_PAST",' +
  '"score":1.0,"metric_score":1.0,"description":"Message date is in the past","options":["77158"]},' +
  '"FROM_HAS_DN":{"name":"FROM_HAS_DN","score":0.0,"metric_score":0.0,"description":"From header has a display ' +
  'name"},"RCPT_COUNT_ONE":{"name":"RCPT_COUNT_ONE","score":0.0,"metric_score":0.0,"description":"One recipient",' +
  '"options":["1"]}},"messages":{},"message-id":"m1@example.com","time_real":0.002304}';

/** Sockets in TIME_WAIT above which a round waits: those of another side must not slow this one down. */
const RESTING = 60_000;

export const bench: Bench = {
  name: 'proxy',
  about: 'messages a second through this proxy and through rspamd_proxy, one worker each, a scanner stub behind',
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      sessions: { type: 'string', default: '16' },
      only: { type: 'string' },
      size: { type: 'string', default: '3000' },
    },
  });
  const missing = ['/usr/sbin/nginx', '/usr/bin/rspamd'].filter((program) => !existsSync(program));
  if (missing.length > 0) {
    console.error(`bench proxy: ${missing.join(' and ')} must be installed (Debian: nginx-light, rspamd)`);
    return 1;
  }
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-bench-'));
  const started: ChildProcess[] = [];
  try {
    const sides = (await startAll(folder, started)).filter((side) => (values.only ?? side.protocol) === side.protocol);
    const [seconds, size] = [Number(values.seconds), Number(values.size)];
    const connections = { http: Number(values.connections), milter: Number(values.sessions) };
    const figures = new Map(sides.map((side) => [side, [] as Measured[]]));
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const side of sides) {
        const { protocol, port, close } = side;
        const load = { protocol, port, close, seconds, size, connections: connections[protocol] };
        const measured = await measure(side, load);
        figures.get(side)?.push(measured);
        console.log(`round ${round}  ${describe(side, measured)}`);
      }
    }
    return summary(figures);
  } finally {
    for (const child of started) child.kill('SIGTERM');
    await Promise.all(started.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    await rm(folder, { recursive: true, force: true });
  }
}

async function startAll(folder: string, started: ChildProcess[]): Promise<Side[]> {
  const [scanner = 0, ...ports] = await Promise.all(Array.from({ length: 7 }, () => freePort()));
  const start = async (port: number, program: string, ...args: string[]): Promise<ChildProcess> => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    started.push(child);
    await listening(port, child);
    return child;
  };
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const nginx = await file('nginx.conf', nginxConf(folder, scanner));
  await start(scanner, '/usr/sbin/nginx', '-c', nginx, '-e', join(folder, 'nginx.log'));
  const asRoot = process.getuid?.() === 0 ? ['-i'] : [];
  /** Both workers of one proxy. */
  const proxy = async (name: string, command: readonly [string, ...string[]], upstream: string) => {
    const [http = 0, milter = 0] = ports.splice(0, 2);
    const config = await file(`${name}.conf`, proxyConf({ stem: join(folder, name), http, milter, scanner, upstream }));
    const [program, ...args] = command;
    const child = await start(http, program, ...args, '-f', ...asRoot, '-c', config);
    await listening(milter, child);
    return { http, milter, process: child };
  };
  const program = [process.execPath, join(projectRoot, 'bin/rspamd-proxy'), 'run'] as const;
  const theirs = await proxy('theirs', ['/usr/bin/rspamd'], '');
  const ours = await proxy('ours', program, '');
  const keeping = await proxy('ours-keepalive', program, 'keepalive = yes;');
  const side = (name: string, of: typeof ours, protocol: Protocol, close = false): Side => {
    return { name, protocol, close, port: of[protocol], process: of.process };
  };
  return [
    side('rspamd_proxy', theirs, 'http', true),
    side('ours', ours, 'http'),
    side('ours, keepalive', keeping, 'http'),
    side('ours, client closes', ours, 'http', true),
    side('rspamd_proxy', theirs, 'milter'),
    side('ours', ours, 'milter'),
    side('ours, keepalive', keeping, 'milter'),
  ];
}

async function measure(side: Side, load: LoadOptions): Promise<Measured> {
  await rest();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.js'), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  // The warm-up is counted on both sides of this fraction: by the time that both processes ran.
  const began = performance.now();
  const before = cpuTime(side.process.pid ?? 0);
  await once(child, 'exit');
  const used = cpuTime(side.process.pid ?? 0) - before;
  const result = JSON.parse(text) as LoadResult;
  const busy = (performance.now() - began) / 1000;
  return { ...result, cost: (used / busy / result.rate) * 1e6 };
}

/** Seconds of processor time of a process and its children that live. */
function cpuTime(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'latin1');
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
      } catch {
        return [];
      }
    });
  return stats.filter((one) => one.pid === pid || one.parent === pid).reduce((sum, one) => sum + one.ticks, 0) / 100;
}

async function rest(): Promise<void> {
  const until = performance.now() + 70_000;
  const resting = (): number => Number(/TCP: .* tw (\d+)/.exec(readFileSync('/proc/net/sockstat', 'latin1'))?.[1] ?? 0);
  while (resting() > RESTING && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 500));
}

function describe({ name, protocol }: Side, { rate, p50, p99, cost, errors, cpu }: Measured): string {
  const latency = `p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`;
  const load = `load generator ${Math.round(cpu * 100)} %`;
  const who = `${protocol.padEnd(8)}${name.padEnd(22)}`;
  return `${who}${rate.toFixed(0).padStart(7)}/s  ${latency}  ${cost.toFixed(1)} µs cpu  ${load}  ${errors} errors`;
}

function summary(figures: ReadonlyMap<Side, readonly Measured[]>): number {
  const median = (all: readonly Measured[], of: (one: Measured) => number): number =>
    all.map(of).sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
  const rows = [...figures].map(([{ name, protocol }, all]) => ({
    name,
    protocol,
    rate: median(all, (one) => one.rate),
    p99: median(all, (one) => one.p99),
    cost: median(all, (one) => one.cost),
    errors: all.reduce((sum, one) => sum + one.errors, 0),
  }));
  for (const row of rows) {
    const base = rows.find(({ protocol }) => protocol === row.protocol);
    if (base === undefined || base === row) continue;
    console.log(
      `${row.protocol}, ${row.name}: ${(row.rate / base.rate).toFixed(2)} times the throughput of ${base.name}, ` +
        `${(row.p99 / base.p99).toFixed(2)} times its p99, ${(row.cost / base.cost).toFixed(2)} times its cpu time`,
    );
  }
  console.log(JSON.stringify({ bench: 'proxy', rows }));
  return rows.every((row) => row.errors === 0) ? 0 : 1;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + 20_000;
  const open = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const done = (is: boolean): void => {
        socket.destroy();
        resolve(is);
      };
      socket.on('connect', () => done(true));
      socket.on('error', () => done(false));
    });
  while (!(await open())) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${child.spawnfile} does not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The scanner: the same verdict for everybody, and connections for as long as the proxy wants them. */
function nginxConf(folder: string, port: number): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`);
  const location = `location / { default_type application/json; return 200 '${verdict}'; }`;
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log warn;
events { worker_connections 4096; }
http {
  access_log off;
  ${temp.join(' ')}
  keepalive_requests 100000000;
  client_max_body_size 60m;
  client_body_buffer_size 128k;
  server { listen 127.0.0.1:${port} backlog=4096; ${location} }
}
`;
}

interface ProxyPlace {
  /** Of its files. */
  readonly stem: string;
  readonly http: number;
  readonly milter: number;
  readonly scanner: number;
  /** More lines of the upstream. */
  readonly upstream: string;
}

/** One configuration for both proxies: a worker for each protocol. */
function proxyConf({ stem, http, milter, scanner, upstream }: ProxyPlace): string {
  const worker = (port: number, more: string): string => `
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  ${more}
  upstream "scanner" { default = yes; hosts = "127.0.0.1:${scanner}"; ${upstream} }
}`;
  return `
options { pidfile = "${stem}.pid"; filters = ""; control_socket = "${stem}.sock mode=0600"; }
logging { type = "file"; filename = "${stem}.log"; level = "error"; }
${worker(http, '')}
${worker(milter, 'milter = yes;')}
`;
}
