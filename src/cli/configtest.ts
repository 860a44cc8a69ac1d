import { Command } from 'commander';
import type { Finding, ProxyConfig } from '../config/index.ts';
import { isUsable, readConfiguration, type Surroundings, thisMachine } from './configuration.ts';
import { explain } from './explain.ts';
import type { Io } from './io.ts';
import { addTreeOptions, adopt, type TreeFlags, treeFlags, treeOptions } from './options.ts';
import { reportFindings } from './report.ts';

export interface ConfigtestOptions extends TreeFlags {
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

/**
 * Standard output is exactly that of rspamadm: `syntax OK` or `syntax BAD`. Everything else goes to standard error.
 *
 * @returns the exit code: 0 when the configuration can be used
 */
export async function configtest(
  options: ConfigtestOptions,
  io: Io,
  surroundings: Surroundings = thisMachine,
): Promise<number> {
  const chosen = treeOptions(options, io);
  if ('problem' in chosen) {
    io.stderr.write(`${chosen.problem}\n`);
    return 1;
  }
  const read = await readConfiguration(chosen.ok, surroundings);
  const configuration = { ...read, findings: [...read.findings, ...(await scanFindings(read.config))] };
  reportFindings(configuration.findings, io);
  if (options.quiet !== true)
    io.stderr.write(
      explain(configuration)
        .map((line) => `${line}\n`)
        .join(''),
    );
  const bad = configuration.findings.filter((finding) => finding.severity !== 'notice').length;
  const strictlyBad = options.strict === true && isUsable(configuration) && bad > 0;
  const good = isUsable(configuration) && !strictlyBad;
  if (options.quiet !== true) {
    const count = strictlyBad ? `${bad} errors found\n` : '';
    io.stdout.write(`${count}syntax ${good ? 'OK' : 'BAD'}\n`);
  }
  return good ? 0 : 1;
}

/** The scan engine takes its time to load, and not all configurations scan by themselves. */
async function scanFindings(config: ProxyConfig | undefined): Promise<readonly Finding[]> {
  const scans = config?.workers.some(({ off, upstreams }) => !off && upstreams.some(({ self_scan }) => self_scan));
  return config !== undefined && scans === true ? (await import('./judge-scan.ts')).judgeScan(config) : [];
}

export function configtestCommand(io: Io): Command {
  const command = addTreeOptions(new Command('configtest'))
    .description(
      'check the configuration. Standard output is "syntax OK" or "syntax BAD" and nothing else; standard error has ' +
        'what is wrong and how the proxy understood the rest',
    )
    .option('-q, --quiet', 'say only what is wrong')
    .option('-s, --strict', 'take warnings for errors')
    .action(async (_options: unknown, self: Command) => {
      const { quiet, strict } = self.opts() as ConfigtestOptions;
      const options = { ...treeFlags(self), ...(quiet === true && { quiet }), ...(strict === true && { strict }) };
      io.setExitCode(await configtest(options, io));
    });
  return adopt(command, io);
}
