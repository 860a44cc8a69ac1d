/** A file name cut at its dots. */
export interface FileName {
  /** The last extension, lower case; undefined where there is none. */
  readonly extension: string | undefined;
  /** The one before it. */
  readonly before: string | undefined;
  /** Pieces between dots. */
  readonly pieces: number;
}

export function splitName(name: string): FileName {
  const pieces = name.split('.');
  const at = (fromEnd: number) =>
    pieces.length > fromEnd ? pieces[pieces.length - fromEnd]?.toLowerCase() : undefined;
  return { extension: at(1), before: at(2), pieces: pieces.length };
}

/** Characters that turn a name round or show nothing. */
const obscuring = /[\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff]/;

/** @returns the first such character with what stands before it */
export function obscuredAt(name: string): { readonly codePoint: number; readonly before: string } | undefined {
  const found = obscuring.exec(name);
  return found === null
    ? undefined
    : { codePoint: found[0].codePointAt(0) as number, before: name.slice(0, found.index) };
}

/** `%41` is a letter; what cannot be printed a question mark. */
export function plainName(name: string): string {
  return name
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/[^\s\x21-\x7e]/g, '?');
}
