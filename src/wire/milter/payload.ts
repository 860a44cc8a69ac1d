import { ProtocolError } from '../../message/errors.ts';

/**
 * Reads the fields of one payload from front to back. Every read checks the bounds; a short payload is a ProtocolError
 * that names the command and the field. Strings come as byte strings.
 */
export class PayloadReader {
  readonly #payload: Buffer;
  readonly #command: string;
  #at = 0;

  /** @param command name of the packet in error texts (`connect`, `header`) */
  constructor(payload: Buffer, command: string) {
    this.#payload = payload;
    this.#command = command;
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#payload.length - this.#at;
  }

  uint8(field: string): number {
    return this.#payload[this.#skip(1, field)] as number;
  }

  uint16(field: string): number {
    return this.#payload.readUInt16BE(this.#skip(2, field));
  }

  uint32(field: string): number {
    return this.#payload.readUInt32BE(this.#skip(4, field));
  }

  /** The bytes up to the next NUL, which is consumed. */
  string(field: string): string {
    const end = this.#payload.indexOf(0, this.#at);
    if (end < 0) throw this.#error(`${field} has no terminating NUL`);
    const text = this.#payload.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #skip(bytes: number, field: string): number {
    if (this.left < bytes) throw this.#error(`no ${field}`);
    this.#at += bytes;
    return this.#at - bytes;
  }

  #error(what: string): ProtocolError {
    return new ProtocolError(`invalid ${this.#command} command (${what})`);
  }
}
