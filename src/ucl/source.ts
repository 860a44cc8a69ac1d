/** One piece of configuration text: a file, or a string given on the command line. */
export interface Source {
  /** Real path of the file, or a name in angle brackets for a text that is no file. */
  readonly name: string;
  /** The bytes as a byte string, after the template pass. */
  readonly text: string;
  /** The macro that brought this text in; undefined for the main file. */
  readonly includedFrom: Position | undefined;
}

/** A place in a source; line and column are worked out only when somebody asks. */
export interface Position {
  readonly source: Source;
  /** Byte offset into `source.text`. */
  readonly offset: number;
}
