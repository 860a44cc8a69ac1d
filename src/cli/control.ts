import { Command } from 'commander';
import { emitJson, emitJsonCompact, emitUcl, loadText } from '../ucl/index.ts';
import { addControlOptions, askControl, type ControlFlags, errorIn } from './control-client.ts';
import type { Io } from './io.ts';
import { adopt, treeFlags } from './options.ts';

export interface ControlOptions extends ControlFlags {
  readonly json?: boolean;
  readonly compact?: boolean;
}

interface Known {
  readonly help: string;
  readonly target: string;
}

/** rspamd: src/rspamadm/control.c */
const commands: ReadonlyMap<string, Known> = new Map(
  Object.entries({
    stat: 'show statistics',
    reload: 'read the configuration anew',
    reresolve: 'resolve addresses of upstreams',
    upstreams: 'show how hosts of upstreams and mirrors stand',
    counters: 'show statistics of symbols',
    metrics: 'show statistics in the form of Prometheus',
    statreset: 'show statistics and begin anew',
    recompile: 'of Rspamd: compile Hyperscan databases',
    fuzzystat: 'of Rspamd: show statistics of a fuzzy storage',
    fuzzysync: 'of Rspamd: write a fuzzy storage to its file',
    fuzzyhash: 'of Rspamd: show what a fuzzy storage has',
    compositesstats: 'of Rspamd: show statistics of composites',
    memstat: 'of Rspamd: show statistics of memory pools',
  }).map(([name, help]) => [name, { help, target: `/${name}` }]),
);

const list = `Supported commands:\n${[...commands].map(([name, { help }]) => `  ${name.padEnd(15)} - ${help}\n`).join('')}`;

/** Has a running program carry out a command and prints its answer. @returns the exit code */
export async function control(name: string | undefined, options: ControlOptions, io: Io): Promise<number> {
  // rspamadm takes fuzzy_stat for fuzzystat.
  const command = name === undefined ? undefined : commands.get(name.toLowerCase().replace('_', ''));
  if (command === undefined) {
    io.stderr.write(`${name === undefined ? 'command required' : `unknown command: ${name}`}\n\n${list}`);
    return 1;
  }
  const reply = await askControl(command.target, options, io);
  if (reply === undefined) return 1;
  if (!reply.ok) io.stderr.write(`${name}: ${errorIn(reply)}\n`);
  else io.stdout.write(command.target === '/metrics' ? reply.body : shown(reply.body, options));
  return reply.ok ? 0 : 1;
}

/** As rspamadm: UCL where nothing else is wanted. */
function shown(json: string, options: ControlOptions): string {
  const { root } = loadText(`{ "reply": ${json} }`);
  const value = root?.entries.get('reply')?.value;
  if (value === undefined) return `${json}\n`;
  if (options.json === true) return `${emitJson(value)}\n`;
  if (options.compact === true) return `${emitJsonCompact(value)}\n`;
  return emitUcl(value);
}

export function controlCommand(io: Io): Command {
  const command = addControlOptions(new Command('control'), '--config <file>')
    .description('have the program that runs carry out a command; the flags are those of rspamadm control')
    .argument('[command]', 'stat, reload, reresolve, upstreams, counters, metrics, statreset')
    .option('-j, --json', 'print JSON')
    .option('-u, --ucl', 'print UCL, as it is done without flags')
    .option('-c, --compact', 'print JSON on one line')
    .allowExcessArguments()
    .addHelpText('after', `\n${list}`)
    .action(async (name: string | undefined, _options: unknown, self: Command) => {
      io.setExitCode(await control(name, treeFlags(self) as ControlOptions, io));
    });
  return adopt(command, io);
}
