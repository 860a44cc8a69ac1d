import { request } from 'node:http';
import { type Command, InvalidArgumentError } from 'commander';
import { parseBindLine, systemAccounts } from '../config/index.ts';
import { readConfiguration } from './configuration.ts';
import type { Io } from './io.ts';
import { addTreeOptions, type TreeFlags, treeOptions } from './options.ts';
import { stateFiles } from './state-files.ts';

/** How a command finds the program that runs. */
export interface ControlFlags extends TreeFlags {
  readonly socket?: string;
  /** Seconds. */
  readonly timeout: number;
}

export interface ControlReply {
  readonly ok: boolean;
  readonly body: string;
}

/** Seconds; a reload takes longer than the one second of rspamadm. */
const usualTimeout = 10;

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value > 86_400) throw new InvalidArgumentError('write a number of seconds.');
  return value;
}

/** The options of every command that asks a running program. */
export function addControlOptions(command: Command, config?: string): Command {
  return addTreeOptions(command, config)
    .option('-s, --socket <path>', 'control socket of the program that runs, instead of that of the configuration')
    .option('-t, --timeout <seconds>', 'how long to wait for the answer', seconds, usualTimeout);
}

/** Asks the program that runs. @returns undefined where there is no answer: the user has been told why */
export async function askControl(target: string, flags: ControlFlags, io: Io): Promise<ControlReply | undefined> {
  const found = await socketOf(flags, io);
  if ('problem' in found) return complain(io, found.problem);
  try {
    return await ask(found.path, target, flags.timeout);
  } catch (cause) {
    return complain(io, explain(cause as NodeJS.ErrnoException, found.path, flags.timeout));
  }
}

/** The same, of a command whose answer is JSON. @returns undefined where there is none that can be used */
export async function askForJson(target: string, flags: ControlFlags, io: Io): Promise<ControlReply | undefined> {
  const reply = await askControl(target, flags, io);
  if (reply === undefined || reply.ok) return reply;
  return complain(io, `the program does not answer ${target}: ${errorIn(reply)}`);
}

export function errorIn({ body }: ControlReply): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : body;
  } catch {
    return body;
  }
}

async function socketOf(
  flags: ControlFlags,
  io: Io,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  if (flags.socket !== undefined) return { path: flags.socket };
  const chosen = treeOptions(flags, io);
  if ('problem' in chosen) return chosen;
  const { tree, config } = await readConfiguration(chosen.ok, withoutNames);
  const hint = 'name the socket of the program with -s PATH';
  if (config === undefined) return { problem: `${tree.title} cannot be read, configtest says why; ${hint}` };
  const { controlSocket } = stateFiles(config, tree);
  if (controlSocket === undefined || controlSocket === '') {
    const line = 'options { control_socket = "$DBDIR/rspamd.sock mode=0600"; }';
    return { problem: `${tree.title} has no control_socket: write ${line} and reload the program, or ${hint}` };
  }
  const parsed = parseBindLine(controlSocket, systemAccounts);
  if ('problem' in parsed || parsed.ok.kind !== 'unix')
    return { problem: `control_socket of ${tree.title} is no path of a unix socket: ${controlSocket}; ${hint}` };
  return { path: parsed.ok.path };
}

/** Whether hosts have addresses does not matter here. */
const withoutNames = { accounts: systemAccounts, resolves: async () => true };

function ask(socketPath: string, path: string, timeout: number): Promise<ControlReply> {
  const signal = AbortSignal.timeout(timeout * 1000);
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, signal, agent: false, headers: { Host: 'localhost' } }, (reply) => {
      const pieces: Buffer[] = [];
      reply.on('data', (piece: Buffer) => pieces.push(piece));
      reply.on('error', reject);
      reply.on('end', () => resolve({ ok: reply.statusCode === 200, body: Buffer.concat(pieces).toString('utf8') }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function explain(error: NodeJS.ErrnoException, path: string, timeout: number): string {
  const other = 'or name the socket of the one that runs with -s PATH';
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
    return `no program listens on ${path}: start it (rspamd-proxy run), ${other}`;
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return `${path} is not for this user: ask as root, or as the user that the program runs as`;
  if (error.code === 'ABORT_ERR') return `no answer on ${path} in ${timeout} s; -t waits longer`;
  return `cannot ask on ${path}: ${error.message}`;
}

function complain(io: Io, text: string): undefined {
  io.stderr.write(`${text}\n`);
  return undefined;
}
