/**
 * A set of header names, asked for names as they are spelled in a message. Nearly all questions are answered by length
 * and first letter alone, without a copy in lower case.
 */
export class HeaderNames {
  readonly #names: ReadonlySet<string>;
  /** 1 at length * 32 + letter of each name. */
  readonly #shapes = new Uint8Array(64 * 32);

  /** @param names in any case, at most 63 characters each */
  constructor(names: Iterable<string>) {
    const lower = [...names].map((name) => name.toLowerCase());
    this.#names = new Set(lower);
    for (const name of lower) this.#shapes[shape(name)] = 1;
  }

  has(name: string): boolean {
    return this.#shapes[shape(name)] === 1 && this.#names.has(name.toLowerCase());
  }
}

/** Upper and lower case letters share their low five bits. */
const shape = (name: string): number => name.length * 32 + (name.charCodeAt(0) & 31);

/** Whether two header names are the same but for the case of ASCII letters. */
export function sameName(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.length !== other.length || (one.charCodeAt(0) | 32) !== (other.charCodeAt(0) | 32)) return false;
  return one.toLowerCase() === other.toLowerCase();
}
