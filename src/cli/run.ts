import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { type ProxyConfig, systemAccounts } from '../config/index.ts';
import type { Logger } from '../message/log.ts';
import { text } from '../ucl/index.ts';
import {
  ControlSocket,
  CurrentLog,
  type Identity,
  identityOf,
  logSpec,
  Primary,
  Reloads,
  StatisticsFile,
} from '../worker/index.ts';
import { configtest } from './configtest.ts';
import { type Configuration, isUsable, readConfiguration } from './configuration.ts';
import type { Io } from './io.ts';
import { addTreeOptions, adopt, type TreeFlags, treeFlags, treeOptions } from './options.ts';
import { reportFindings } from './report.ts';
import { stateFiles } from './state-files.ts';
import { version } from './version.ts';

export interface RunOptions extends TreeFlags {
  /** `-f`: no pid file, as with the original. */
  readonly fork?: boolean;
  readonly user?: string;
  readonly group?: string;
  readonly pid?: string;
  readonly insecure?: boolean;
  readonly debug?: boolean;
  /** `-t`: judge the configuration, run nothing. */
  readonly configTest?: boolean;
}

/** Runs the proxy until a signal ends it. @returns the exit code */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const chosen = treeOptions(options, io);
  if ('problem' in chosen) return complain(io, chosen.problem);
  const configuration = await readConfiguration(chosen.ok);
  reportFindings(configuration.findings, io);
  const { config } = configuration;
  if (config === undefined || !isUsable(configuration)) return complain(io, 'the configuration cannot be used');
  let identity: Identity | undefined;
  let logger: CurrentLog;
  try {
    identity = whoToBe(options, configuration);
    logger = new CurrentLog(mainLog(config, identity, options), { pid: process.pid, type: 'main' });
  } catch (cause) {
    return complain(io, (cause as Error).message);
  }
  let id = configId(configuration);
  const startedAt = Date.now();
  const primary = new Primary(logger, identity, process.env, () => ({ version, configId: id, startedAt }));
  try {
    await primary.use(withDebug(config, options));
  } catch (cause) {
    logger.close();
    return complain(io, (cause as Error).message);
  }
  const pidFile = writePidFile(options, config, logger);
  const kept = new StatisticsFile(primary.statistics, logger);
  const reloads = new Reloads(logger, async () => {
    const next = await readConfiguration(chosen.ok);
    if (next.config === undefined || !isUsable(next)) throw new Error(firstError(next));
    await primary.use(withDebug(next.config, options));
    logger.use(mainLog(next.config, identity, options));
    id = configId(next);
    const { controlSocket, statistics } = stateFiles(next.config, next.tree);
    await control.use(controlSocket);
    kept.use(control.foreign ? undefined : statistics);
  });
  const control = new ControlSocket(
    {
      reports: () => primary.reports(),
      view: () => primary.view(),
      reresolve: () => primary.reresolve(),
      reload: () => reloads.reload(),
      statistics: primary.statistics,
    },
    logger,
  );
  const files = stateFiles(config, configuration.tree);
  if (configuration.tree.location.file === undefined) makeFolder(files.statistics);
  await control.use(files.controlSocket);
  // It belongs to whom the socket belongs.
  kept.load(control.foreign ? undefined : files.statistics);
  const stopped = untilStopped(primary, reloads);
  logger.log('notice', 'main', 'run', '', `rspamd-proxy ${version} has started`);
  io.stdout.write(banner(configuration, config));
  await stopped;
  control.close();
  await primary.stop(stopLimit(config));
  kept.save();
  if (pidFile !== undefined) rmSync(pidFile, { force: true });
  logger.log('notice', 'main', 'run', '', 'rspamd-proxy has ended');
  logger.close();
  return 0;
}

function complain(io: Io, why: string): number {
  io.stderr.write(`rspamd-proxy: ${why}\n`);
  return 1;
}

/**
 * Workers must not run as root by accident: as with the original, -u, -g or -i says what is wanted. A first try
 * without any configuration is let through.
 */
function whoToBe(options: RunOptions, { tree }: Configuration): Identity | undefined {
  const identity = identityOf(options.user, options.group, systemAccounts);
  const root = process.getuid?.() === 0;
  if (identity === undefined && root && options.insecure !== true && tree.location.file !== undefined) {
    throw new Error('cannot run workers as root: name a user with -u and a group with -g, or insist with -i');
  }
  return identity;
}

function mainLog(config: ProxyConfig, identity: Identity | undefined, options: RunOptions) {
  return logSpec(withDebug(config, options).logging, identity, false);
}

function withDebug(config: ProxyConfig, { debug }: RunOptions): ProxyConfig {
  return debug === true ? { ...config, logging: { ...config.logging, level: 'debug' } } : config;
}

/** Another one for another text of its files. */
function configId({ tree }: Configuration): string {
  const hash = createHash('blake2b512');
  for (const { name, text } of tree.sources) hash.update(`${name}\0${text}\0`, 'latin1');
  return hash.digest('hex');
}

/** The folder of a file that nobody has installed. */
function makeFolder(file: string | undefined): void {
  try {
    if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  } catch {
    // Who uses it says so.
  }
}

/** Stays without effect where the file cannot be written: the proxy runs, which matters more. */
function writePidFile(options: RunOptions, config: ProxyConfig, logger: Logger): string | undefined {
  const path = options.pid ?? (options.fork === false ? undefined : config.options.pidfile);
  if (path === undefined) return undefined;
  try {
    writeFileSync(path, String(process.pid), { mode: 0o644 });
    return path;
  } catch (cause) {
    logger.log('warning', 'main', 'write_pid', '', `cannot write pid file: ${(cause as Error).message}`);
    return undefined;
  }
}

/** What the original allows: twice the time for a scan, ten seconds at least (rspamd: src/rspamd.c). */
function stopLimit({ options }: ProxyConfig): number {
  return Math.max(10_000, 2 * options.task_timeout);
}

function firstError({ findings }: Configuration): string {
  return text(findings.find(({ severity }) => severity === 'error')?.message ?? 'the configuration cannot be read');
}

/** Serves signals; resolves when one asks for the end. */
function untilStopped(primary: Primary, reloads: Reloads): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGHUP', () => void reloads.reload().catch(() => {}));
    process.on('SIGUSR1', () => primary.reopenLogs());
    // It would end this process, and the original dies of it; for workers it means something.
    process.on('SIGUSR2', () => {});
    // Without workers nothing else keeps this process running: they may come with the next reload.
    const waiting = setInterval(() => {}, 0x7fffffff);
    const end = () => {
      clearInterval(waiting);
      void reloads.over.then(resolve);
    };
    // More of them change nothing: the end has its own limit.
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}

function banner({ tree }: Configuration, config: ProxyConfig): string {
  const running = config.workers.filter(({ off }) => !off);
  const lines = running.flatMap((worker) =>
    worker.listeners.map(({ line }) => `  ${worker.milter ? 'milter' : 'HTTP  '}  ${line}`),
  );
  const http = running.find(({ milter }) => !milter)?.listeners[0]?.line;
  const tryIt =
    http === undefined
      ? []
      : [`try it: printf 'Subject: hello\\n\\nhello\\n' | ${programPath()} scan --connect ${http}`];
  return `${[`rspamd-proxy ${version} listens (${tree.title}):`, ...lines, ...tryIt].join('\n')}\n`;
}

/** How the program was called, short where it lies below the working directory. */
function programPath(): string {
  const path = process.argv[1] ?? 'rspamd-proxy';
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}

export function runCommand(io: Io): Command {
  const command = addTreeOptions(new Command('run'))
    .description('run the proxy; it stays in the foreground. The flags are those of the rspamd daemon')
    .option('-f, --no-fork', 'write no pid file (the proxy never forks into the background)')
    .option('-u, --user <user>', 'user that workers run as')
    .option('-g, --group <group>', 'group that workers run as')
    .option('-p, --pid <file>', 'pid file, instead of that of the configuration')
    .option('-d, --debug', 'write debug lines to the log')
    .option('-i, --insecure', 'let workers run as root')
    .option('-t, --config-test', 'check the configuration and end, as configtest does')
    .argument('[variables...]', 'NAME=VALUE, as with --var')
    .action(async (words: readonly string[], _options: unknown, self: Command) => {
      const flags = treeFlags(self);
      const stray = words.find((word) => !word.includes('='));
      if (stray !== undefined) {
        io.setExitCode(complain(io, `there is no command ${stray}; rspamd-proxy --help lists them`));
        return;
      }
      const given = words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
      const own = { ...(self.opts() as RunOptions), ...flags, var: [...(flags.var ?? []), ...given] };
      io.setExitCode(own.configTest === true ? await configtest(own, io) : await run(own, io));
    });
  return adopt(command, io);
}
