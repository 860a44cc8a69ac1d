import { constants } from 'node:os';

/** Where a command writes; bytes go out as they are. */
export interface Output {
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
}

/** What a command sees of its process, so that tests can run it in theirs. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  setExitCode(code: number): void;
}

export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  setExitCode: (code) => {
    process.exitCode = code;
  },
};

/** Whoever reads no further (`| head`) has seen enough: a command ends then without a word, as by SIGPIPE. */
export function endWithReader(): void {
  const closed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(128 + constants.signals.SIGPIPE);
  };
  process.stdout.on('error', closed);
  process.stderr.on('error', closed);
}

/** The proxy runs on when nobody reads what it says. */
export function outliveReader(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/** Colours belong on a terminal whose user has not declined them (no-color.org). */
export function wantsColor(output: Output, io: Io): boolean {
  return output.isTTY === true && (io.env['NO_COLOR'] ?? '') === '';
}
