import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';

const program = ['/usr/bin/rspamd', '/usr/local/bin/rspamd'].find((path) => existsSync(path));

/** Why tests with Debian's Rspamd cannot run here; false where they can: `test(…, { skip: noRspamd }, …)`. */
export const noRspamd: string | false = program === undefined ? 'rspamd is not installed' : false;

export interface RspamdOptions {
  /** Worker sections and whatever else the configuration shall hold; `{port}` stands for the first free port. */
  readonly sections: string;
  /** The first free port where it is left out. */
  readonly port?: number;
  /** Path to ask until it is answered; undefined for a milter port, where a connection is enough. */
  readonly ready?: string | undefined;
  /** `address:port`; nobody's where it is left out. */
  readonly nameserver?: string | undefined;
  /** Another one than Debian's. */
  readonly program?: string | undefined;
}

export interface RunningRspamd {
  readonly port: number;
  /** Process id of the main process. */
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Ends all of its processes at once, as a crash of the machine would. */
  kill(): Promise<void>;
}

/** A scanner without rules: it judges GTUBE (reject) and takes everything else. */
export const scannerSections = 'worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }';

/** Starts Debian's Rspamd with a configuration of its own in an empty folder; ends it with the test. */
export async function startRspamd(t: Pick<TestContext, 'after'>, options: RspamdOptions): Promise<RunningRspamd> {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-test-'));
  const port = options.port ?? (await freePort());
  await writeFile(join(folder, 'tld.dat'), 'com\norg\nnet\nexample\n');
  await writeFile(
    join(folder, 'rspamd.conf'),
    configuration(folder, options.sections.replaceAll('{port}', `${port}`), options.nameserver),
  );
  const variables = ['DBDIR', 'RUNDIR', 'LOGDIR'].map((name) => `--var=${name}=${folder}`);
  const asRoot = process.getuid?.() === 0 ? ['-i'] : [];
  const child = spawn(
    options.program ?? program ?? 'rspamd',
    ['-f', ...asRoot, '-c', join(folder, 'rspamd.conf'), ...variables],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of their own: workers that outlive their main process are found by it.
      detached: true,
    },
  );
  let log = '';
  child.stdout?.on('data', (bytes: Buffer) => (log += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (log += bytes.toString()));
  t.after(async () => {
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  });
  await readiness(child, port, options.ready, () => log);
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    // The main process first: it would start its workers again.
    const workers = execFileSync('pgrep', ['-P', `${child.pid}`], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);
    child.kill('SIGKILL');
    for (const pid of workers) process.kill(Number(pid), 'SIGKILL');
    await gone;
  };
  return { port, pid: child.pid ?? 0, log: () => log, kill };
}

function configuration(folder: string, sections: string, nameserver = '127.0.0.1:1'): string {
  // Without Hyperscan and with a short list of top level domains it starts in a second.
  return `
options {
  pidfile = "${folder}/rspamd.pid";
  filters = "";
  disable_hyperscan = true;
  url_tld = "${folder}/tld.dat";
  hs_cache_dir = "${folder}";
  control_socket = "${folder}/control.sock mode=0600";
  history_file = "${folder}/history";
  stats_file = "${folder}/stats";
  dns { nameserver = ["${nameserver}"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "console"; level = "info"; }
actions { reject = 15; "add header" = 6; greylist = 4; }
${sections}
`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    // It waits for requests under way up to 16 s.
    const killer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await gone;
    clearTimeout(killer);
  }
  killGroup(child);
}

/** Ends what is left of a process group whose leader was spawned `detached`. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function readiness(
  child: ChildProcess,
  port: number,
  path: string | undefined,
  log: () => string,
): Promise<void> {
  const until = performance.now() + 60_000;
  while (!(await answers(port, path))) {
    if (child.exitCode !== null) throw new Error(`rspamd ended with status ${child.exitCode}:\n${log()}`);
    if (performance.now() > until) throw new Error(`rspamd does not answer on port ${port}:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a connection is taken and, where a path is given, a request answered. */
function answers(port: number, path: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(2000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('end', () => done(false));
    socket.on('connect', () => (path === undefined ? done(true) : socket.write(`GET ${path} HTTP/1.0\r\n\r\n`)));
    socket.on('data', () => done(true));
  });
}
