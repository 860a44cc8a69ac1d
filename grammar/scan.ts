import type { KeyLiteral } from './keys.ts';
import { type Problem, problem } from './problem.ts';

/** How a text is to be read. */
export interface SyntaxOptions {
  /** An included text: braces around all of it open no container of their own. */
  readonly included: boolean;
  /** False: a `.` where a key is expected is a mistake. */
  readonly macros: boolean;
  /** False: `s`, `min`, `h`, `d`, `w` and `y` after a number make it a string. */
  readonly timeSuffixes: boolean;
}

/** Bounds that keep any input within linear time and the stack. */
export const limits = {
  /** Open `{`, `[` and named sections; libucl has 65,534 for named sections and none for the others. */
  nesting: 1024,
  /** Mistakes told in one text. */
  problems: 100,
} as const;

export interface Opener {
  readonly kind: 'object' | 'array' | 'section';
  readonly offset: number;
}

/** What the matchers remember while one text is read. */
export interface Scan {
  readonly text: string;
  readonly options: SyntaxOptions;
  readonly problems: Problem[];
  /** Containers open at this point, the innermost last. The lexer's mode stack has one mode for each. */
  readonly open: Opener[];
  /** How many of them end here although no byte says so. */
  unwind: number;
  /** What was read last: `ready` where a key or an element may begin, otherwise what has just ended. */
  after: 'ready' | 'value' | 'close';
  /** The offset up to which blanks and comments before a value have been read. */
  filledTo: number;
  /** Something has been read after the opening of the text. */
  begun: boolean;
  /** The macro being read has had its arguments. */
  argumentsRead: boolean;
  /** libucl's `next_key`: the last key without a separator was the name of a section. */
  inNames: boolean;
  /** The first of `,;\n\r{[` from `stopFrom` on. */
  stop: number;
  stopFrom: number;
  /** The first container that was closed by a bracket further out than itself. */
  suspect: Opener | undefined;
  /** The key that was looked at last. */
  lastKey: KeyLiteral | undefined;
  /** What the matcher at work has found: the payload of its token. */
  found: unknown;
  /** Set when reading on makes no sense: the rest of the text is skipped. */
  stopped: boolean;
}

export function newScan(text: string, options: SyntaxOptions): Scan {
  return {
    text,
    options,
    problems: [],
    open: [],
    unwind: 0,
    after: 'ready',
    filledTo: -1,
    begun: false,
    argumentsRead: false,
    inNames: false,
    stop: -1,
    stopFrom: -1,
    suspect: undefined,
    lastKey: undefined,
    found: undefined,
    stopped: false,
  };
}

/** Notes a mistake; after too many of them the rest of the text is given up. */
export function report(scan: Scan, found: Problem | undefined): void {
  if (found === undefined || scan.stopped) return;
  scan.problems.push(found);
  if (scan.problems.length >= limits.problems) {
    scan.problems.push(
      problem(found.offset, `more than ${limits.problems} mistakes; the rest of this text is not read`),
    );
    scan.stopped = true;
  }
}

export function innermost(scan: Scan): Opener | undefined {
  return scan.open[scan.open.length - 1];
}

/** Opens a container at `offset`; false when that would be too deep. */
export function openContainer(scan: Scan, kind: Opener['kind'], offset: number): void {
  scan.open.push({ kind, offset });
  if (scan.open.length > limits.nesting) {
    report(scan, problem(offset, `objects are nesting too deep (over ${limits.nesting} levels)`));
    scan.stopped = true;
  }
}

/** Closes the innermost container; the named sections around it end with it. */
export function closeContainer(scan: Scan): void {
  scan.open.pop();
  for (let at = scan.open.length - 1; scan.open[at]?.kind === 'section'; at--) scan.unwind++;
}

/** The first of `,;\n\r{[` from `from` on, or the end. Remembered, so that a long row of names is read once. */
export function nextStop(scan: Scan, from: number): number {
  if (scan.stopFrom <= from && from <= scan.stop) return scan.stop;
  let at = from;
  while (at < scan.text.length && !stops.has(scan.text.charCodeAt(at))) at++;
  scan.stop = at;
  scan.stopFrom = from;
  return at;
}

const stops: ReadonlySet<number> = new Set([...',;\n\r{['].map((char) => char.charCodeAt(0)));
