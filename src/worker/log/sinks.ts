import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync, writeSync } from 'node:fs';
import type { LogLevel } from '../../message/log.ts';
import { formatLine, formatSyslog, type LineStyle, type LogLine, type Process } from './format.ts';

/** Takes finished lines to where they are kept. */
export interface Sink {
  write(line: LogLine, now: number): void;
  /** Opens the file anew (SIGUSR1, after logrotate moved it). */
  reopen(): void;
  /** Writes out what is held back; called before the process ends. */
  flush(): void;
  close(): void;
}

/** Lines wait for the end of the event-loop turn at most, then go out in one write. */
class LineBuffer {
  #pending: string[] = [];
  #scheduled = false;
  readonly #write: (bytes: Buffer) => void;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  add(text: string): void {
    this.#pending.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    try {
      this.#write(Buffer.from(lines.join(''), 'utf8'));
    } catch {
      // A full disk or a closed pipe must not stop mail: these lines are lost.
    }
  }
}

/** writeSync may take a part only (pipes, slow consoles); EAGAIN is a full pipe: wait for the reader, a moment only. */
function writeAll(fd: number, bytes: Buffer): void {
  let at = 0;
  for (let tries = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
      tries = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || ++tries > 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** Where a DescriptorSink gets its descriptor from, and how it lets go of it. */
export interface Target {
  readonly open: () => number;
  readonly close: (fd: number) => void;
}

/**
 * A log file, appended to and created where missing.
 * @throws (when opened) the system's error
 */
export function fileTarget(path: string, owner?: { readonly uid: number; readonly gid: number }): Target {
  return {
    open: () => {
      const fd = openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND, 0o644);
      if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
      return fd;
    },
    close: closeSync,
  };
}

/** Standard error, which is not ours to close. */
export const consoleTarget: Target = { open: () => 2, close: () => {} };

export class DescriptorSink implements Sink {
  readonly #target: Target;
  readonly #style: LineStyle;
  readonly #process: Process;
  readonly #buffer = new LineBuffer((bytes) => writeAll(this.#fd, bytes));
  #fd: number;

  constructor(target: Target, style: LineStyle, process: Process) {
    this.#target = target;
    this.#style = style;
    this.#process = process;
    this.#fd = target.open();
  }

  write(line: LogLine, now: number): void {
    this.#buffer.add(formatLine(line, this.#style, this.#process, now));
    if (line.level === 'critical') this.#buffer.flush();
  }

  /** The old file stays in use when the new one cannot be opened. */
  reopen(): void {
    this.#buffer.flush();
    const fresh = this.#target.open();
    this.#target.close(this.#fd);
    this.#fd = fresh;
  }

  flush(): void {
    this.#buffer.flush();
  }

  close(): void {
    this.#buffer.flush();
    this.#target.close(this.#fd);
  }
}

const syslogSeverity: Record<LogLevel, number> = { critical: 3, error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

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
    const logger = this.#logger ?? this.#start(now);
    const text = formatSyslog(line, this.#style, this.#process, now);
    logger?.stdin?.write(`<${this.#facility * 8 + syslogSeverity[line.level]}>${text}\n`);
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
