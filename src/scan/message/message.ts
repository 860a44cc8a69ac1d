import { decodeHeader } from './decode.ts';
import { type MessageHeader, parseHeaderBlock } from './header-block.ts';

/** A message as checks see it. */
export class Message {
  readonly bytes: Buffer;
  readonly headers: readonly MessageHeader[];
  readonly body: Buffer;
  /** The header block could not be read to its end. */
  readonly broken: boolean;
  readonly #byName = new Map<string, MessageHeader[]>();

  constructor(bytes: Buffer) {
    const { headers, bodyOffset, broken } = parseHeaderBlock(bytes);
    this.bytes = bytes;
    this.headers = headers;
    this.body = bytes.subarray(bodyOffset);
    this.broken = broken;
    for (const header of headers) {
      const key = header.name.toLowerCase();
      const same = this.#byName.get(key);
      if (same === undefined) this.#byName.set(key, [header]);
      else same.push(header);
    }
  }

  /** How many fields have that name, in any case. */
  count(name: string): number {
    return this.#byName.get(name.toLowerCase())?.length ?? 0;
  }

  has(name: string): boolean {
    return this.count(name) > 0;
  }

  /** The first field's value as people read it; undefined where there is none. */
  header(name: string): string | undefined {
    const first = this.#byName.get(name.toLowerCase())?.[0];
    return first === undefined ? undefined : decodeHeader(first.raw);
  }
}
