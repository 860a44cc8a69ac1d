import { HeaderNames, sameName } from './header-names.ts';

/**
 * An ordered list of header fields. Names compare case-insensitively (ASCII); spelling, order and duplicates are kept.
 * Names and values are byte strings: one code unit (0–255) per byte on the wire, never decoded on the way through.
 */
export class Headers implements Iterable<readonly [name: string, value: string]> {
  /** name, value, name, value …: the form in which node:http and undici hand headers over. */
  readonly #fields: string[];

  constructor(fields: readonly string[] = []) {
    this.#fields = fields.slice();
  }

  static of(...fields: ReadonlyArray<readonly [name: string, value: string]>): Headers {
    return new Headers(fields.flat());
  }

  /** The first value of `name`: what every single-value reader of Rspamd uses. */
  get(name: string): string | undefined {
    const at = this.#find(name, 0);
    return at < 0 ? undefined : this.#fields[at + 1];
  }

  getAll(name: string): string[] {
    const found: string[] = [];
    for (let at = this.#find(name, 0); at >= 0; at = this.#find(name, at + 2))
      found.push(this.#fields[at + 1] as string);
    return found;
  }

  has(name: string): boolean {
    return this.#find(name, 0) >= 0;
  }

  append(name: string, value: string): this {
    this.#fields.push(name, value);
    return this;
  }

  /** Replaces every field of that name by one, in the place of the first. */
  set(name: string, value: string): this {
    const at = this.#find(name, 0);
    if (at < 0) return this.append(name, value);
    this.#fields[at] = name;
    this.#fields[at + 1] = value;
    for (let more = this.#find(name, at + 2); more >= 0; more = this.#find(name, more)) this.#fields.splice(more, 2);
    return this;
  }

  delete(...names: readonly string[]): this {
    const gone = new HeaderNames(names);
    const fields = this.#fields;
    let kept = 0;
    for (let at = 0; at < fields.length; at += 2) {
      if (gone.has(fields[at] as string)) continue;
      fields[kept] = fields[at] as string;
      fields[kept + 1] = fields[at + 1] as string;
      kept += 2;
    }
    fields.length = kept;
    return this;
  }

  /** A copy without those fields. */
  without(names: HeaderNames): Headers {
    const copy = new Headers();
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 2) {
      if (!names.has(fields[at] as string)) copy.#fields.push(fields[at] as string, fields[at + 1] as string);
    }
    return copy;
  }

  clone(): Headers {
    return new Headers(this.#fields);
  }

  /** The flat list `[name, value, name, value, …]`; a view, not to be changed. */
  get flat(): readonly string[] {
    return this.#fields;
  }

  get size(): number {
    return this.#fields.length / 2;
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (let at = 0; at < this.#fields.length; at += 2) {
      yield [this.#fields[at] as string, this.#fields[at + 1] as string];
    }
  }

  #find(name: string, from: number): number {
    const fields = this.#fields;
    for (let at = from; at < fields.length; at += 2) if (sameName(fields[at] as string, name)) return at;
    return -1;
  }
}

/** What a front end hands on and a backend reads: nobody downstream may change it. */
export type ReadonlyHeaders = Omit<Headers, 'append' | 'set' | 'delete'>;
