import { Command, CommanderError } from 'commander';
import { configdumpCommand } from './configdump.ts';
import { confighelpCommand } from './confighelp.ts';
import { configtestCommand } from './configtest.ts';
import { type Io, processIo } from './io.ts';
import { adopt } from './options.ts';
import { runCommand } from './run.ts';
import { scanCommand } from './scan.ts';
import { version } from './version.ts';

/** The program: `run` where no command is named. @returns the exit code */
export async function main(args: readonly string[], io: Io = processIo): Promise<number> {
  let code = 0;
  const counting: Io = { ...io, setExitCode: (given) => (code = given) };
  try {
    await program(counting).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode;
  }
  return code;
}

function program(io: Io): Command {
  const root = new Command('rspamd-proxy')
    .description('Drop-in replacement for the proxy worker of Rspamd')
    .version(`rspamd-proxy ${version}`, '-v, --version')
    .exitOverride()
    .enablePositionalOptions();
  root.addCommand(runCommand(io), { isDefault: true });
  for (const make of [configtestCommand, configdumpCommand, confighelpCommand, scanCommand]) root.addCommand(make(io));
  for (const command of root.commands) command.exitOverride();
  return adopt(root, io);
}
