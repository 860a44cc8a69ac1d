import { Command, Option } from 'commander';
import { addControlOptions, askForJson, type ControlFlags } from './control-client.ts';
import { type Io, wantsColor } from './io.ts';
import { adopt, treeFlags } from './options.ts';

const orders = ['name', 'weight', 'score', 'time', 'frequency', 'hits'] as const;

export interface CountersOptions extends ControlFlags {
  readonly json?: boolean;
  readonly found?: boolean;
  readonly sort: (typeof orders)[number];
}

interface Counter {
  readonly symbol: string;
  readonly weight: number;
  /** Messages a second. */
  readonly frequency: number;
  readonly frequency_stddev: number;
  readonly hits: number;
  /** Milliseconds. */
  readonly time: number;
  readonly score: number;
}

/** Prints the statistics of symbols, as `rspamc counters` does. @returns the exit code */
export async function counters(options: CountersOptions, io: Io): Promise<number> {
  const reply = await askForJson('/counters', options, io);
  if (reply === undefined) return 1;
  const all = JSON.parse(reply.body) as readonly Counter[];
  const wanted = all.filter(({ hits }) => options.found !== true || hits > 0).toSorted(by(options.sort));
  io.stdout.write(
    options.json === true ? `${JSON.stringify(wanted)}\n` : renderTable(wanted, wantsColor(io.stdout, io)),
  );
  return 0;
}

/** Names rise, numbers fall. */
function by(order: CountersOptions['sort']): (a: Counter, b: Counter) => number {
  if (order === 'name') return (a, b) => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
  return (a, b) => Math.abs(b[order]) - Math.abs(a[order]);
}

/** rspamd: src/client/rspamc.cxx:rspamc_counters_output; the last two columns are ours. */
function renderTable(rows: readonly Counter[], color: boolean): string {
  const width = Math.max('Symbol'.length, ...rows.map(({ symbol }) => symbol.length));
  const columns = (...cells: readonly [string, string, string, string, string, string, string]): string => {
    const [number, symbol, ...rest] = cells;
    const centered = rest.map((cell, at) => center(cell, widths[at] ?? 0));
    return `| ${[number.padEnd(4), symbol.padEnd(width), ...centered].join(' | ')} |`;
  };
  const line = ` ${'-'.repeat(columns('', '', '', '', '', '', '').length - 2)} `;
  const strong = (text: string): string => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const lines = rows.flatMap(({ symbol, weight, frequency, frequency_stddev: deviation, hits, score, time }, at) => {
    const often = `${(frequency * 60).toFixed(3)}(${(deviation * 60).toFixed(3)})`;
    return [line, columns(`${at}`, symbol, weight.toFixed(1), often, `${hits}`, score.toFixed(2), time.toFixed(3))];
  });
  return [
    'Symbols cache',
    strong(line),
    columns('Pri', 'Symbol', 'Weight', 'Frequency', 'Hits', 'Score', 'Time'),
    strong(line),
    columns('', '', '', 'avg (stddev)', '', 'avg', 'avg'),
    columns('', '', '', 'hits/min', '', '', 'ms'),
    ...lines,
    line,
    '',
  ].join('\n');
}

const widths = [7, 13, 7, 7, 8];

function center(text: string, width: number): string {
  return text.padStart(text.length + Math.floor(Math.max(0, width - text.length) / 2)).padEnd(width);
}

export function countersCommand(io: Io): Command {
  const command = addControlOptions(new Command('counters'))
    .description('show how often symbols were found, as rspamc counters does')
    .option('-j, --json', 'print JSON')
    .option('-f, --found', 'leave those out that were not found')
    .addOption(new Option('--sort <column>', 'by which column').choices([...orders]).default('name'))
    .action(async (_options: unknown, self: Command) => {
      io.setExitCode(await counters(treeFlags(self) as CountersOptions, io));
    });
  return adopt(command, io);
}
