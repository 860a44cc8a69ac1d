import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TreeOptions } from '../config/index.ts';
import type { Io } from './io.ts';

/** Options that choose and read a configuration, as commander gives them. */
export interface TreeFlags {
  readonly config?: string;
  readonly workerConfig?: string;
  readonly skipTemplate?: boolean;
  readonly var?: ReadonlyArray<readonly [string, string]>;
  readonly luaEnv?: string;
}

type Variable = readonly [name: string, value: string];

function collectVariable(text: string, before: readonly Variable[] = []): Variable[] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write NAME=VALUE.');
  return [...before, [name, value]];
}

export function varOption(): Option {
  return new Option('--var <name=value>', 'define a variable of the configuration; may be repeated').argParser(
    collectVariable,
  );
}

/** Adds the options of every command that reads a configuration. */
export function addTreeOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'main configuration file')
    .option('--worker-config <file>', 'a worker-proxy.inc on its own, merged over the stock values')
    .option('-T, --skip-template', 'take {= .. =} and {% .. %} for plain text')
    .addOption(varOption())
    .option('--lua-env <file>', 'environment for templates, written in Lua; not supported');
}

/** Takes what stands before the command's name (`rspamd-proxy --var A=B configtest`) together with its own options. */
export function treeFlags(command: Command): TreeFlags {
  const chain = [...ancestors(command)].reverse();
  const flags = Object.assign({}, ...chain.map((one) => one.opts())) as TreeFlags;
  const variables = chain.flatMap((one) => (one.opts() as TreeFlags).var ?? []);
  return { ...flags, var: variables };
}

function* ancestors(command: Command): Generator<Command> {
  for (let one: Command | null = command; one !== null; one = one.parent) yield one;
}

/** The tree that the flags name, or what is wrong with them. */
export function treeOptions(flags: TreeFlags, io: Io): { readonly ok: TreeOptions } | { readonly problem: string } {
  if (flags.luaEnv !== undefined) {
    return {
      problem: `--lua-env ${flags.luaEnv}: Lua files cannot give variables to templates here; use --var NAME=VALUE or the environment (RSPAMD_NAME=VALUE)`,
    };
  }
  if (flags.config !== undefined && flags.workerConfig !== undefined) {
    return { problem: '--config and --worker-config name two configurations; use one of them' };
  }
  return {
    ok: {
      env: io.env,
      vars: flags.var ?? [],
      ...(flags.config !== undefined && { file: flags.config }),
      ...(flags.workerConfig !== undefined && { workerFile: flags.workerConfig }),
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
