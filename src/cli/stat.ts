import { Command } from 'commander';
import { addControlOptions, askForJson, type ControlFlags } from './control-client.ts';
import { type Io, wantsColor } from './io.ts';
import { adopt, treeFlags } from './options.ts';

export interface StatOptions extends ControlFlags {
  readonly json?: boolean;
  readonly reset?: boolean;
}

/** Prints what a running program has counted, as `rspamc stat` does. @returns the exit code */
export async function stat(options: StatOptions, io: Io): Promise<number> {
  const reply = await askForJson(options.reset === true ? '/statreset' : '/stat', options, io);
  if (reply === undefined) return 1;
  const told = JSON.parse(reply.body) as Told;
  if (told.scanned === undefined) {
    io.stderr.write('an Rspamd listens on that socket, and not this program: rspamc stat asks its controller\n');
    return 1;
  }
  io.stdout.write(options.json === true ? `${reply.body}\n` : renderStat(told, wantsColor(io.stdout, io)));
  return 0;
}

type Numbers = Readonly<Record<string, number>>;

/** The answer to /stat, as far as it is shown. */
interface Told {
  readonly uptime: number;
  readonly scanned: number | undefined;
  readonly actions: Numbers;
  readonly spam_count: number;
  readonly ham_count: number;
  readonly learned: number;
  readonly connections: number;
  readonly control_connections: number;
  readonly scan_times: readonly number[];
  readonly total_learns: number;
  readonly learned_messages?: Numbers;
  readonly requests: Numbers;
  readonly milter_verdicts: Numbers;
  readonly failures: Numbers;
  readonly upstreams: Readonly<Record<string, Numbers>>;
  readonly mirrors: Readonly<Record<string, Numbers>>;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, { readonly workers: Numbers }>>>>;
  readonly dns: Numbers;
  readonly scan_threads: Numbers;
}

/** rspamd: src/client/rspamc.cxx:rspamc_stat_output; what it says of memory pools is left out, what a proxy has follows. */
function renderStat(told: Told, color: boolean): string {
  const strong = (value: number | string): string => (color ? `\x1b[1m${value}\x1b[0m` : String(value));
  const { scanned = 0, dns, scan_threads: threads } = told;
  const share = (count: number): string => `${strong(count)}, ${((count / scanned) * 100).toFixed(2)}%`;
  const list = (numbers: Numbers): string =>
    Object.entries(numbers)
      .map(([name, value]) => `${name} ${strong(value)}`)
      .join(', ') || 'none';
  const average = told.scan_times.reduce((sum, one) => sum + one, 0) / told.scan_times.length;
  const learned = told.learned_messages === undefined ? '' : ` (${list(told.learned_messages)})`;
  return [
    `Messages scanned: ${strong(scanned)}`,
    ...(scanned > 0
      ? [
          ...Object.entries(told.actions).map(([name, count]) => `Messages with action ${name}: ${share(count)}`),
          `Messages treated as spam: ${share(told.spam_count)}`,
          `Messages treated as ham: ${share(told.ham_count)}`,
        ]
      : []),
    `Messages learned: ${strong(told.learned)}`,
    `Connections count: ${strong(told.connections)}`,
    `Control connections count: ${strong(told.control_connections)}`,
    ...(told.scan_times.length > 0 ? [`Average scan time: ${strong(average.toFixed(3))} sec`] : []),
    `Requests: ${list(told.requests)}`,
    ...(Object.keys(told.milter_verdicts).length > 0 ? [`Milter verdicts: ${list(told.milter_verdicts)}`] : []),
    `Requests without an answer: ${list(told.failures)}`,
    ...Object.entries(told.upstreams).map(
      ([name, { attempts = 0, failures = 0, average_time: time = 0 }]) =>
        `Upstream "${name}": tries: ${strong(attempts)}, failed: ${strong(failures)}, average time: ${time.toFixed(3)} sec`,
    ),
    ...Object.entries(told.mirrors).map(
      ([name, { sent = 0, failures = 0, skipped = 0 }]) =>
        `Mirror "${name}": copies sent: ${strong(sent)}, failed: ${strong(failures)}, not sent: ${strong(skipped)}`,
    ),
    ...Object.entries(told.hosts).flatMap(([group, hosts]) =>
      Object.entries(hosts).map(([host, { workers }]) => `Host ${host} of "${group}": ${hostText(workers)}`),
    ),
    ...((threads['threads'] ?? 0) > 0
      ? [
          `DNS requests: ${strong(dns['requests'] ?? 0)}, failed: ${strong(dns['failures'] ?? 0)}, from the cache: ${strong(dns['cached'] ?? 0)}`,
          `Scan threads: ${list(threads).replaceAll('_', ' ')}`,
        ]
      : []),
    `Total learns: ${strong(told.total_learns)}${learned}`,
    '',
  ].join('\n');
}

function hostText(workers: Numbers): string {
  const states = Object.entries(workers);
  if (states.length === 1) return states[0]?.[0] ?? '';
  return states.map(([state, count]) => `${state} in ${count} of the workers`).join(', ');
}

export function statCommand(io: Io): Command {
  const command = addControlOptions(new Command('stat'))
    .description('show what the program that runs has counted, as rspamc stat does')
    .option('-j, --json', 'print the reply as it comes')
    .option('--reset', 'begin to count anew')
    .action(async (_options: unknown, self: Command) => {
      io.setExitCode(await stat(treeFlags(self) as StatOptions, io));
    });
  return adopt(command, io);
}
