import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConfigurationOptions } from './configuration.ts';
import type { Io } from './io.ts';

/** Options that choose and read a configuration, as commander gives them. */
export interface TreeFlags {
  readonly config?: string;
  readonly workerConfig?: string;
  readonly skipTemplate?: boolean;
  readonly var?: ReadonlyArray<readonly [string, string]>;
  readonly embedded?: boolean;
  /** Files. */
  readonly luaEnv?: readonly string[];
}

type Variable = readonly [name: string, value: string];

function collectVariable(text: string, before: readonly Variable[] = []): Variable[] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write NAME=VALUE.');
  return [...before, [name, value]];
}

function collectFile(file: string, before: readonly string[] = []): string[] {
  return [...before, file];
}

function varOption(): Option {
  return new Option('--var <name=value>', 'define a variable of the configuration; may be repeated').argParser(
    collectVariable,
  );
}

/** Adds the options of every command that reads a configuration. @param config another form where `-c` means something else */
export function addTreeOptions(command: Command, config = '-c, --config <file>'): Command {
  return command
    .option(config, 'main configuration file')
    .option('--worker-config <file>', 'a worker-proxy.inc on its own, merged over the stock values')
    .option('-T, --skip-template', 'take {= .. =} and {% .. %} for plain text')
    .addOption(varOption())
    .option('--embedded', 'the small configuration that comes with the program, whatever the machine has')
    .option('--lua-env <file>', 'Lua file that returns a table of names for templates; may be repeated', collectFile);
}

/** Takes what stands before the command's name (`rspamd-proxy --var A=B configtest`) together with its own options. */
export function treeFlags(command: Command): TreeFlags {
  const chain = [...ancestors(command)].reverse();
  const flags = Object.assign({}, ...chain.map((one) => one.opts())) as TreeFlags;
  const all = chain.map((one) => one.opts() as TreeFlags);
  const variables = all.flatMap((one) => one.var ?? []);
  return { ...flags, var: variables, luaEnv: all.flatMap((one) => one.luaEnv ?? []) };
}

function* ancestors(command: Command): Generator<Command> {
  for (let one: Command | null = command; one !== null; one = one.parent) yield one;
}

/** The tree that the flags name, or what is wrong with them. */
export function treeOptions(
  flags: TreeFlags,
  io: Io,
): { readonly ok: ConfigurationOptions } | { readonly problem: string } {
  const { config, workerConfig, embedded } = flags;
  const sources = { '--config': config, '--worker-config': workerConfig, '--embedded': embedded };
  const named = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (named.length > 1) return { problem: `${named.join(' and ')} name different configurations; use one of them` };
  return {
    ok: {
      env: io.env,
      vars: flags.var ?? [],
      ...(config !== undefined && { file: config }),
      ...(workerConfig !== undefined && { workerFile: workerConfig }),
      ...(embedded === true && { embedded }),
      ...(flags.luaEnv !== undefined && { luaEnv: flags.luaEnv }),
      ...(flags.skipTemplate === true && { skipTemplate: true }),
    },
  };
}

/** Lets a command write through `io` and complain about options as rspamadm does. */
export function adopt(command: Command, io: Io): Command {
  return command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(text.replace(/^error: /, 'option parsing failed: ')),
  });
}
