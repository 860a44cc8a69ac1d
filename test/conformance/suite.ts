/** One conformance suite: runs every case it finds in a folder and tells the reporter how each went. */
export interface Suite {
  readonly name: string;
  /** Folder used when none is named on the command line, relative to the project root. */
  readonly defaultFolder: string;
  run(folder: string, report: Reporter): Promise<void>;
}

export interface Reporter {
  pass(name: string): void;
  /** @param why one line: what was expected and what came */
  fail(name: string, why: string): void;
  skip(name: string, why: string): void;
  /** A line that is no verdict. */
  note(line: string): void;
  /** A figure for the closing JSON line. */
  figure(key: string, value: number | string): void;
}
