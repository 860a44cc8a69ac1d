import { type ChildProcess, spawn } from 'node:child_process';
import type { LogLevel } from '../../message/log.ts';
import { formatLine, formatSyslog, type LineStyle, type LogLine, type Process } from './format.ts';
import { LineWriter, type Target } from './writer.ts';

/** Takes finished lines to where they are kept. */
export interface Sink {
  write(line: LogLine, now: number): void;
  /** Opens the file anew (SIGUSR1, after logrotate moved it). */
  reopen(): void;
  /** Writes out what is held back; called before the process ends. */
  flush(): void;
  close(): void;
}

/** Formats lines for a file or the console. */
export class DescriptorSink implements Sink {
  readonly #style: LineStyle;
  readonly #process: Process;
  readonly #writer: LineWriter;

  constructor(target: Target, style: LineStyle, process: Process) {
    this.#style = style;
    this.#process = process;
    this.#writer = new LineWriter(target);
  }

  write(line: LogLine, now: number): void {
    this.#writer.write(formatLine(line, this.#style, this.#process, now));
    if (line.level === 'critical') this.#writer.flush();
  }

  reopen(): void {
    this.#writer.reopen();
  }

  flush(): void {
    this.#writer.flush();
  }

  close(): void {
    this.#writer.close();
  }
}

const syslogSeverity: Record<LogLevel, number> = { critical: 3, error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

/** Bytes that may wait for the system's log. */
const waitingLimit = 1 << 20;

/**
 * Node has no datagram sockets in the file system, so logger(1) carries lines to the system's log: one process for the
 * life of the sink, each line with its own priority in front.
 */
export class SyslogSink implements Sink {
  readonly #style: LineStyle;
  readonly #process: Process;
  readonly #facility: number;
  readonly #command: readonly [string, ...string[]];
  #logger: ChildProcess | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param facility number of the syslog facility (RFC 5424, 6.2.1)
   * @param command what reads lines with a `<priority>` in front; for tests
   */
  constructor(
    style: LineStyle,
    process: Process,
    facility: number,
    command: readonly [string, ...string[]] = ['logger', '--prio-prefix', `--id=${process.pid}`, '--tag', 'rspamd'],
  ) {
    this.#style = style;
    this.#process = process;
    this.#facility = facility;
    this.#command = command;
  }

  write(line: LogLine, now: number): void {
    const input = (this.#logger ?? this.#start(now))?.stdin;
    // A system log that stands still must not fill the memory: lines that it does not take are lost.
    if (input == null || input.writableLength > waitingLimit) return;
    const text = formatSyslog(line, this.#style, this.#process, now);
    input.write(`<${this.#facility * 8 + syslogSeverity[line.level]}>${text}\n`);
  }

  reopen(): void {}

  flush(): void {}

  close(): void {
    this.#logger?.stdin?.end();
    this.#logger = undefined;
  }

  #start(now: number): ChildProcess | undefined {
    // A logger that cannot run is tried again after a while, not for every line.
    if (now - this.#failedAt < 10_000) return undefined;
    const [file, ...args] = this.#command;
    const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.once('error', ({ message }) => console.error(`no lines reach syslog: cannot run ${file}: ${message}`));
    const gone = () => {
      this.#failedAt = Date.now();
      if (this.#logger === child) this.#logger = undefined;
    };
    child.once('error', gone);
    child.once('exit', gone);
    child.stdin?.on('error', gone);
    child.unref();
    (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    this.#logger = child;
    return child;
  }
}
