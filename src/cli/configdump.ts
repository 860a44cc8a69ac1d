import { Command } from 'commander';
import { helpTree, type ProxyConfig } from '../config/index.ts';
import { emitJson, emitJsonCompact, emitUcl, type UclObject, type UclValue } from '../ucl/index.ts';
import { isUsable, readConfiguration, type Surroundings, thisMachine } from './configuration.ts';
import { helpComment, savedComment, writtenEntries } from './dump-comments.ts';
import { aboveDefault, select } from './dump-select.ts';
import { groupsValue, symbolsValue } from './dump-symbols.ts';
import type { Io } from './io.ts';
import { addTreeOptions, adopt, type TreeFlags, treeFlags, treeOptions } from './options.ts';
import { reportFindings } from './report.ts';

export interface ConfigdumpOptions extends TreeFlags {
  readonly json?: boolean;
  readonly compact?: boolean;
  readonly showHelp?: boolean;
  readonly showComments?: boolean;
  readonly modulesState?: boolean;
  readonly groups?: boolean;
  readonly symbolDetails?: boolean;
  readonly local?: boolean;
  readonly override?: boolean;
}

/**
 * Prints the configuration in the shapes of rspamadm (rspamd: src/rspamadm/configdump.c).
 *
 * @returns the exit code: 1 when the configuration cannot be used; a section that is not there is no error
 */
export async function configdump(
  paths: readonly string[],
  options: ConfigdumpOptions,
  io: Io,
  surroundings: Surroundings = thisMachine,
): Promise<number> {
  const chosen = treeOptions(options, io);
  const problem = 'problem' in chosen ? chosen.problem : unsupported(options);
  if (problem !== undefined || 'problem' in chosen) {
    io.stderr.write(`${problem}\n`);
    return 1;
  }
  const configuration = await readConfiguration(chosen.ok, surroundings);
  reportFindings(
    configuration.findings.filter(({ severity }) => severity !== 'notice'),
    io,
  );
  const { config } = configuration;
  if (config === undefined || !isUsable(configuration)) return 1;
  if (options.groups === true || options.symbolDetails === true) dumpSymbols(config, options, io);
  else if (paths.length === 0) dumpAll(config.tree, options, io);
  else for (const path of paths) dumpSection(path, config.tree, options, io);
  return 0;
}

function unsupported(options: ConfigdumpOptions): string | undefined {
  if (options.modulesState !== true) return undefined;
  return '--modules-state: modules are loaded by scanners, not by this proxy; ask rspamadm configdump -m there';
}

function dumpSymbols(config: ProxyConfig, options: ConfigdumpOptions, io: Io): void {
  io.stderr.write('only symbols that the configuration names are known here; modules of a scanner register more\n');
  const value = options.symbolDetails === true ? symbolsValue(config.groups) : groupsValue(config.groups);
  write(emit(value, [], options), io);
}

function dumpAll(root: UclObject, options: ConfigdumpOptions, io: Io): void {
  const shown = filtered(root, options);
  write(shown === undefined ? 'No non-default configuration found\n' : emit(shown, [], options), io);
}

function dumpSection(path: string, root: UclObject, options: ConfigdumpOptions, io: Io): void {
  const values = select(root, path);
  if (values.length === 0) write(`Section ${path} NOT FOUND\n`, io);
  for (const value of values) {
    const shown = filtered(value, options);
    if (shown === undefined) {
      write(`No non-default configuration found for section ${path}\n`, io);
      continue;
    }
    const content = emit(shown, path.split('.'), options);
    const plain = options.json !== true && options.compact !== true;
    write(plain ? `*** Section ${path} ***\n${content}\n*** End of section ${path} ***\n` : `${content}\n`, io);
  }
}

function filtered(value: UclValue, options: ConfigdumpOptions): UclValue | undefined {
  if (options.override === true) return aboveDefault(value, 1);
  return options.local === true ? aboveDefault(value, 0) : value;
}

function emit(value: UclValue, at: readonly string[], options: ConfigdumpOptions): string {
  if (options.json === true) return emitJson(value);
  if (options.compact === true) return emitJsonCompact(value);
  if (options.showHelp !== true && options.showComments !== true) return emitUcl(value);
  const help = helpTree();
  const entries = writtenEntries(value);
  const comment = (path: readonly string[]): string[] | undefined => {
    const entry = entries.next().value;
    const saved = options.showComments === true && entry ? savedComment(entry.at) : [];
    // The operator's own comment says more than the help does.
    const lines = saved.length > 0 || options.showHelp !== true ? saved : helpComment(help, [...at, ...path]);
    return lines.length === 0 ? undefined : lines;
  };
  return emitUcl(value, { comment });
}

/** Configuration text is bytes, and goes out as the bytes it came in as. */
function write(text: string, io: Io): void {
  io.stdout.write(Buffer.from(text, 'latin1'));
}

export function configdumpCommand(io: Io): Command {
  const command = addTreeOptions(new Command('configdump'))
    .description('print the configuration as it is after all files were merged')
    .argument('[path...]', 'sections, for instance options.dns; everything without one')
    .helpOption('-?, --help', 'show this help')
    .option('-j, --json', 'as JSON')
    .option('-C, --compact', 'as JSON in one line')
    .option('-h, --show-help', 'explain every known option in a comment')
    .option('-s, --show-comments', 'show the comments that stand before options in the files')
    .option('-m, --modules-state', 'state of Lua modules; there are none here')
    .option('-g, --groups', 'groups of symbols that the configuration names')
    .option('-d, --symbol-details', 'symbols that the configuration names')
    .option('--local', 'only what local.d and override.d changed')
    .option('--override', 'only what override.d changed')
    .action(async (paths: string[], _options: unknown, self: Command) => {
      const options = { ...(self.opts() as ConfigdumpOptions), ...treeFlags(self) };
      io.setExitCode(await configdump(paths, options, io));
    });
  return adopt(command, io);
}
