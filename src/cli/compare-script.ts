import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { lineOfChunk } from '../config/index.ts';
import { LuaExit } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import { newSessionId } from '../message/session-id.ts';
import { type Script, type ScriptFunction, type ScriptProblem, ScriptWorld, zstdFor } from '../scripts/index.ts';
import { bytes, text } from '../ucl/index.ts';
import { fileProblem } from './file-problem.ts';
import type { Io } from './io.ts';
import { adopt } from './options.ts';
import { type RecordedMessage, readRecords } from './recorded-results.ts';
import { renderFinding } from './report.ts';

export interface CompareScriptOptions {
  /** Seconds. */
  readonly timeout: number;
  readonly debug?: boolean;
}

/** Runs a compare script once for each recorded message and prints what it logs. @returns the exit code */
export async function compareScript(
  file: string,
  records: string,
  options: CompareScriptOptions,
  io: Io,
): Promise<number> {
  let script: Script;
  let messages: readonly RecordedMessage[];
  let reading = file;
  try {
    const chunk = `@${bytes(file)}`;
    script = { kind: 'compare', name: file, chunk, text: readFileSync(file, 'latin1') };
    reading = records;
    messages = readRecords(readFileSync(records === '-' ? 0 : records, 'utf8'));
  } catch (cause) {
    io.stderr.write(`${reading}: ${fileProblem(cause)}\n`);
    return 1;
  }
  const printer = new Printer(io, options.debug === true);
  const print = (bytes: string) => io.stdout.write(Buffer.from(bytes, 'latin1'));
  const zstd = await zstdFor([script]);
  const world = new ScriptWorld({ logger: printer, paths: {}, timeout: options.timeout * 1000, print, zstd });
  const loaded = world.load(script);
  if ('problem' in loaded) {
    io.stderr.write(`${renderProblem(script, loaded.problem)}\n`);
    return 1;
  }
  try {
    for (const message of messages) run(world, script, loaded.ok, message);
  } catch (cause) {
    if (!(cause instanceof LuaExit)) throw cause;
    io.stderr.write(`${cause.message}: it would end the thread of the scripts\n`);
    return 1;
  }
  return printer.failed ? 1 : 0;
}

function run(world: ScriptWorld, script: Script, fn: ScriptFunction, { id, results }: RecordedMessage): void {
  const sessionId = id ?? newSessionId();
  world.compare(script, fn, { sessionId, tag: sessionId.slice(0, 6), results });
}

/** Prints log lines as they come. What the proxy itself says of the script is a failure. */
class Printer implements Logger {
  failed = false;
  readonly #io: Io;
  readonly #debug: boolean;

  constructor(io: Io, debug: boolean) {
    this.#io = io;
    this.#debug = debug;
  }

  enabled(level: string): boolean {
    return level !== 'debug' || this.#debug;
  }

  log(level: string, module: string, fn: string, _id: string, message: string): void {
    if (!this.enabled(level)) return;
    if (module === 'proxy') {
      this.failed = true;
      this.#io.stderr.write(`${readable(message)}\n`);
    } else this.#io.stdout.write(`${level}: ${module === 'lua' ? '' : `${module}; `}${fn}: ${message}\n`);
  }
}

/** An error in the form of the log, its trace below it. */
function readable(message: string): string {
  return message.replace(/; trace:((?: \[\d+\]:\{.*?\};)+)$/s, (_, trace: string) =>
    [...trace.matchAll(/\{(.*?)\};/gs)].map(([, level]) => `\n  ${level}`).join(''),
  );
}

function renderProblem(script: Script, { message, line }: ScriptProblem): string {
  const at = { source: { name: script.name, text: script.text, includedFrom: undefined }, offset: 0 };
  const place = line === undefined ? undefined : lineOfChunk({ text: script.text, at, begin: at }, line);
  const [first = '', ...trace] = readable(message).split('\n');
  return [renderFinding({ severity: 'error', message: first, at: place }), ...trace.map(text)].join('\n');
}

export function compareScriptCommand(io: Io): Command {
  const command = new Command('compare-script')
    .description(
      'call a compare script for recorded results, as the proxy would, and print what it logs. The exit code is 1 when the ' +
        'script does not load or an error ends it',
    )
    .argument('<file>', 'the script')
    .argument(
      '<results>',
      'lines of the comparison_log, or JSON {"master": {…}, "mirrors": {"NAME": {…}}}; - for standard input',
    )
    .option('-t, --timeout <seconds>', 'time for each message', seconds, 5)
    .option('-d, --debug', 'print debug lines, too')
    .action(async (file: string, results: string, options: CompareScriptOptions) => {
      io.setExitCode(await compareScript(file, results, options, io));
    });
  return adopt(command, io);
}

function seconds(given: string): number {
  const value = Number(given);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed.');
  return value;
}
