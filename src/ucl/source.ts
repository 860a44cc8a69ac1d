/** One piece of configuration text: a file, or a string given on the command line. */
export interface Source {
  /** Real path of the file, or a name in angle brackets for a text that is no file. */
  readonly name: string;
  /** The bytes as a byte string, after the template pass. */
  readonly text: string;
  /** The macro that brought this text in; undefined for the main file. */
  readonly includedFrom: Position | undefined;
  /** What stood in the file, when the template pass changed it. */
  readonly origin?: Origin | undefined;
}

/** A place in a source; line and column are worked out only when somebody asks. */
export interface Position {
  readonly source: Source;
  /** Byte offset into `source.text`. */
  readonly offset: number;
}

/** The way back from a rendered text to the template. */
export interface Origin {
  /** The template, as a byte string with plain newlines. */
  readonly text: string;
  /** In the order of `rendered`: where each piece of the rendered text came from. */
  readonly pieces: readonly Piece[];
}

export interface Piece {
  /** Offset in the rendered text at which this piece begins. */
  readonly rendered: number;
  /** Offset in the template of its first byte, or of the tag that made it. */
  readonly original: number;
  /** Copied as it was; otherwise all of the piece comes from `original`. */
  readonly copied: boolean;
}

/** The text a reader knows, and the offset in it, of a position. */
export function originalPlace(at: Position): { text: string; offset: number } {
  const { origin, text } = at.source;
  if (origin === undefined) return { text, offset: at.offset };
  let [low, high] = [0, origin.pieces.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((origin.pieces[middle]?.rendered ?? 0) <= at.offset) low = middle + 1;
    else high = middle;
  }
  const piece = origin.pieces[low - 1];
  if (piece === undefined) return { text: origin.text, offset: 0 };
  return { text: origin.text, offset: piece.original + (piece.copied ? at.offset - piece.rendered : 0) };
}
