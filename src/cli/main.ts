import { Command, CommanderError } from 'commander';
import { endWithReader, type Io, outliveReader, processIo } from './io.ts';
import { addTreeOptions, adopt } from './options.ts';
import { version } from './version.ts';

/** A command is loaded when it is called: nobody waits for the parts of the others. */
const commands: Readonly<Record<string, (io: Io) => Promise<Command>>> = {
  run: async (io) => (await import('./run.ts')).runCommand(io),
  configtest: async (io) => (await import('./configtest.ts')).configtestCommand(io),
  configdump: async (io) => (await import('./configdump.ts')).configdumpCommand(io),
  confighelp: async (io) => (await import('./confighelp.ts')).confighelpCommand(io),
  keypair: async (io) => (await import('./keypair.ts')).keypairCommand(io),
  'compare-script': async (io) => (await import('./compare-script.ts')).compareScriptCommand(io),
  control: async (io) => (await import('./control.ts')).controlCommand(io),
  stat: async (io) => (await import('./stat.ts')).statCommand(io),
  counters: async (io) => (await import('./counters.ts')).countersCommand(io),
  lua: async (io) => (await import('./lua.ts')).luaCommand(io),
  learn: async (io) => (await import('./learn.ts')).learnCommand(io),
  scan: async (io) => (await import('./scan.ts')).scanCommand(io),
};

export const commandNames: readonly string[] = Object.keys(commands);

/** The program: `run` where no command is named. @returns the exit code */
export async function main(args: readonly string[], io: Io = processIo): Promise<number> {
  if (io === processIo) {
    if (isRun(nameIn(args)) && !wantsHelp(args)) outliveReader();
    else endWithReader();
  }
  let code = 0;
  const counting: Io = { ...io, setExitCode: (given) => (code = given) };
  try {
    await (await program(args, counting)).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode;
  }
  return code;
}

async function program(args: readonly string[], io: Io): Promise<Command> {
  const root = addTreeOptions(new Command('rspamd-proxy'))
    .description('Drop-in replacement for the proxy worker of Rspamd')
    .version(`rspamd-proxy ${version}`, '-v, --version')
    .enablePositionalOptions();
  const named = nameIn(args);
  // Help shows them all; otherwise the one that is meant is enough.
  const wanted = isRun(named) ? (wantsHelp(args) ? commandNames : ['run']) : [named];
  for (const name of wanted) {
    const command = await (commands[name] as (io: Io) => Promise<Command>)(io);
    root.addCommand(command.exitOverride(), { isDefault: name === 'run' });
  }
  return adopt(root.exitOverride(), io);
}

function nameIn(args: readonly string[]): string | undefined {
  return args.find((arg) => Object.hasOwn(commands, arg));
}

function isRun(name: string | undefined): name is 'run' | undefined {
  return name === undefined || name === 'run';
}

function wantsHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === 'help' || arg === '--help' || arg === '-h');
}
