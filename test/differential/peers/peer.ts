import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killGroup } from '../../support/rspamd.ts';
import { poll } from '../poll.ts';

/** A program that is put through the cases. */
export interface Peer {
  readonly name: string;
  /** `ours`, or the version of the original. */
  readonly version: 'ours' | Version;
  readonly program: string;
  /** The command line that runs it in the foreground. @param folder for what it keeps in files */
  args(configFile: string, folder: string): readonly string[];
  /** Whether it serves, judged by what it has said. */
  started(output: string, workers: number): boolean;
  /** Statuses and reasons of failures are the one thing in which the two families differ throughout. */
  readonly family: 'ours' | 'original';
}

export type Version = readonly [major: number, minor: number, patch: number];

export interface StartOptions {
  readonly peer: Peer;
  /** Holds the configuration, and everything that the peer writes. */
  readonly folder: string;
  /** Worker processes to wait for. */
  readonly workers: number;
  /** Words behind the usual command line. */
  readonly args?: readonly string[];
}

/** Workers as root want a word of consent. */
export const insecure: readonly string[] = process.getuid?.() === 0 ? ['-i'] : [];

export const configName = 'rspamd.conf';
export const logName = 'rspamd.log';

const startLimit = 60_000;
/** The original waits up to 16 s for requests under way; here their clients and scanners are gone by then. */
const stopLimit = 5_000;

/** A peer at work, or one that has ended again. */
export class Running {
  readonly #child: ChildProcess;
  readonly #folder: string;
  /** Every process of it that was ever seen: the orphans of a main process that was killed are to be ended too. */
  readonly #family = new Set<number>();
  #output = '';

  constructor({ peer, folder, args = [] }: StartOptions) {
    this.#folder = folder;
    this.#child = spawn(peer.program, [...peer.args(join(folder, configName), folder), ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => (this.#output += bytes.toString('latin1')));
    this.#child.stderr?.on('data', (bytes: Buffer) => (this.#output += bytes.toString('latin1')));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Standard output, standard error, and the log files in its folder. */
  log(): string {
    const files = readdirSync(this.#folder).filter((name) => name.startsWith(logName));
    return this.#output + files.map((name) => readFileSync(join(this.#folder, name), 'latin1')).join('');
  }

  /** The exit code, the signal that ended it, or undefined while it runs. */
  get exit(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined;
  }

  /** The processes that serve clients, those too that have lost their main process. */
  workers(): number[] {
    this.#meetFamily();
    return [...this.#family].filter((pid) => titleOf(pid).includes('rspamd_proxy'));
  }

  signal(signal: NodeJS.Signals): void {
    this.#meetFamily();
    this.#child.kill(signal);
  }

  async ended(limit: number): Promise<void> {
    await poll(limit, 'the end of the process', () => this.exit !== undefined);
  }

  /** Ends all of its processes, in good order where they still can. */
  async stop(): Promise<void> {
    this.#meetFamily();
    if (this.exit === undefined) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const killer = setTimeout(() => this.#child.kill('SIGKILL'), stopLimit);
      await gone;
      clearTimeout(killer);
    }
    for (const pid of this.#family) if (isRelic(pid)) process.kill(pid, 'SIGKILL');
    killGroup(this.#child);
  }

  #meetFamily(): void {
    for (const pid of childrenOf(this.pid)) this.#family.add(pid);
  }
}

/** Starts a peer and waits until its workers serve, or until it has ended. */
export async function startPeer(options: StartOptions): Promise<Running> {
  const running = new Running(options);
  const { peer, workers } = options;
  await poll(startLimit, `${peer.name} to start`, () => {
    return running.exit !== undefined || peer.started(running.log(), workers);
  }).catch(async (cause) => {
    await running.stop();
    throw new Error(`${cause.message}\n${running.log()}`);
  });
  return running;
}

function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(list)) return [];
  return readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Of a process that has ended: nothing. */
function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** A process of a peer whose main process is gone. */
function isRelic(pid: number): boolean {
  return /rspamd/.test(titleOf(pid));
}
