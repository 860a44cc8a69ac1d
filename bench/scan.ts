import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { readCases, readZone, type ScanCase } from '../test/conformance/scan/corpus.ts';
import { openDnsServer } from '../test/support/dns-server.ts';
import { freePort } from '../test/support/free-port.ts';
import { projectRoot } from '../test/support/project.ts';
import type { Bench } from './main.ts';

interface Side {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

interface Round {
  /** Messages a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

export const bench: Bench = {
  name: 'scan',
  about: 'messages a second that this proxy and an Rspamd scan by their own rules, one scanning thread or process each',
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      passes: { type: 'string', default: '3' },
      connections: { type: 'string', default: '8' },
    },
  });
  if (!existsSync('/usr/bin/rspamd')) {
    console.error('bench scan: rspamd must be installed (Debian: rspamd)');
    return 1;
  }
  const folder = resolve(positionals[0] ?? join(projectRoot, 'fixtures/scan'));
  const cases = readCases(folder);
  const dns = await openDnsServer(readZone(folder));
  const work = await mkdtemp(join(tmpdir(), 'rspamd-proxy-bench-'));
  const sides: Side[] = [];
  try {
    sides.push(await startRspamd(work, dns.port), await startOurs(work, dns.port));
    const figures = new Map(sides.map((side) => [side, [] as Round[]]));
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const side of sides) {
        const measured = await measure(side.port, cases, Number(values.passes), Number(values.connections));
        // The first one warms up.
        if (round > 0) figures.get(side)?.push(measured);
        console.log(
          `round ${round}  ${side.name.padEnd(8)}${measured.rate.toFixed(0).padStart(6)}/s  p99 ${measured.p99.toFixed(1)} ms`,
        );
      }
    }
    return summary(figures, cases.length);
  } finally {
    for (const { process } of sides) process.kill('SIGTERM');
    await Promise.all(sides.map(({ process }) => process.exitCode ?? process.signalCode ?? once(process, 'exit')));
    await dns.close();
    await rm(work, { recursive: true, force: true });
  }
}

async function startRspamd(work: string, nameserver: number): Promise<Side> {
  const port = await freePort();
  const config = `
.include "$CONFDIR/common.conf"
options {
  # The first of several counts.
  dns { nameserver = ["127.0.0.1:${nameserver}"]; }
  pidfile = false; control_socket = "${work}/control.sock"; history_file = "${work}/history"; stats_file = "${work}/stats";
  hs_cache_dir = "${work}";
  .include "$CONFDIR/options.inc"
}
logging { type = "console"; level = "silent"; }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }
`;
  return start('rspamd', work, port, config, ['/usr/bin/rspamd'], [`--var=DBDIR=${work}`, `--var=RUNDIR=${work}`]);
}

async function startOurs(work: string, nameserver: number): Promise<Side> {
  const port = await freePort();
  const config = `
options { dns { nameserver = ["127.0.0.1:${nameserver}"]; } }
logging { type = "console"; level = "error"; }
actions { reject = 15; add_header = 6; greylist = 4; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}"; count = 1; scan_threads = 1;
  upstream "local" { default = yes; self_scan = yes; }
}
`;
  const program = [process.execPath, join(projectRoot, 'bin/rspamd-proxy'), 'run'] as const;
  return start('ours', work, port, config, program, [`--var=DBDIR=${work}`]);
}

async function start(
  name: string,
  work: string,
  port: number,
  config: string,
  [program, ...first]: readonly [string, ...string[]],
  variables: readonly string[],
): Promise<Side> {
  const file = join(work, `${name}.conf`);
  await writeFile(file, config);
  const asRoot = process.getuid?.() === 0 ? ['-i'] : [];
  const child = spawn(program, [...first, '-f', ...asRoot, '-c', file, ...variables], {
    stdio: 'ignore',
  });
  const until = performance.now() + 120_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${name} does not start`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return { name, port, process: child };
}

async function answers(port: number): Promise<boolean> {
  try {
    const { body, statusCode } = await request(`http://127.0.0.1:${port}/ping`);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

/** All messages so many times, some at once. */
async function measure(port: number, cases: readonly ScanCase[], passes: number, connections: number): Promise<Round> {
  const dispatcher = new Agent({ connections });
  const jobs = Array.from({ length: passes }, () => cases).flat();
  const times: number[] = [];
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      const sent = performance.now();
      const { message, headers } = job;
      const options = { method: 'POST', dispatcher, headers: headers.flat().map(bytes), body: message } as const;
      const reply = await request(`http://127.0.0.1:${port}/checkv2`, options);
      await reply.body.dump();
      if (reply.statusCode !== 200) throw new Error(`${job.id}: status ${reply.statusCode}`);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const took = (performance.now() - began) / 1000;
  await dispatcher.close();
  times.sort((a, b) => a - b);
  return { rate: jobs.length / took, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

function summary(figures: ReadonlyMap<Side, readonly Round[]>, messages: number): number {
  const median = (numbers: readonly number[]): number =>
    numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
  const rows = [...figures].map(([{ name, process }, rounds]) => ({
    name,
    rate: median(rounds.map(({ rate }) => rate)),
    p99: median(rounds.map(({ p99 }) => p99)),
    megabytes: memory(process.pid ?? 0),
  }));
  const [theirs, ours] = rows;
  for (const { name, rate, p99, megabytes } of rows)
    console.log(`${name}: ${rate.toFixed(0)} messages a second, p99 ${p99.toFixed(1)} ms, ${megabytes} MB`);
  if (theirs !== undefined && ours !== undefined)
    console.log(`ours: ${(ours.rate / theirs.rate).toFixed(2)} times the messages of rspamd`);
  console.log(JSON.stringify({ bench: 'scan', messages, rows }));
  return 0;
}

/** Resident memory of a process and its children, megabytes. */
function memory(pid: number): number {
  const status = (one: number): string => readFileSync(`/proc/${one}/status`, 'latin1');
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(status(pid))?.[1] ?? 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  return Math.round(own / 1024) + children.reduce((sum, child) => sum + memory(child), 0);
}

/** Texts as the bytes that go out. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
