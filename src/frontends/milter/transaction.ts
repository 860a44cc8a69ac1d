import { ProtocolError } from '../../message/errors.ts';
import { esmtpArguments } from './esmtp-arguments.ts';
import { MessageBytes } from './message-bytes.ts';
import { smtpPath } from './smtp-path.ts';

export interface EnvelopeAddress {
  readonly address: string;
  readonly arguments: readonly string[];
}

/**
 * One message on its way in: envelope, names of the headers in their order, bytes. It lives from MAIL (or whatever comes
 * first) to the verdict, the abort or the next MAIL; nothing of it is reused.
 */
export class Transaction {
  sender: string | undefined;
  senderArguments: readonly string[] = [];
  recipients: EnvelopeAddress[] = [];
  headerNames: string[] = [];
  readonly #limit: number;
  #bytes = new MessageBytes();
  #size = 0;

  /** @param limit what envelope and message may take together, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether more arrived than may be kept; nothing is kept then. */
  get tooLarge(): boolean {
    return this.#size > this.#limit;
  }

  mail(payload: Buffer): void {
    if (!this.#takes(payload.length)) return;
    const { address, rest } = readPath(payload);
    this.sender = address;
    this.senderArguments = esmtpArguments(payload, rest);
  }

  /** One recipient; an address that cannot be read is left out, with its arguments. */
  recipient(payload: Buffer): void {
    if (!this.#takes(payload.length)) return;
    const { address, rest } = readPath(payload);
    if (address !== undefined) this.recipients.push({ address, arguments: esmtpArguments(payload, rest) });
  }

  /**
   * One header field: name NUL value NUL.
   *
   * @param separator what stands between name and value: `: `, or `:` where the value kept its leading space
   */
  header(payload: Buffer, separator: string): void {
    const nul = payload.indexOf(0);
    const end = payload.length - 1;
    if (nul < 0) throw new ProtocolError('invalid header command (no name)');
    if (nul === end || payload[end] !== 0) throw new ProtocolError('invalid header command (bad value)');
    if (!this.#takes(payload.length)) return;
    const name = payload.toString('latin1', 0, nul);
    this.headerNames.push(name);
    this.#bytes.header(name, separator, payload.toString('latin1', nul + 1, end));
  }

  endHeaders(): void {
    if (this.#takes(2)) this.#bytes.endHeaders();
  }

  body(chunk: Buffer): void {
    if (this.#takes(chunk.length)) this.#bytes.append(chunk);
  }

  message(): Buffer {
    return this.#bytes.join();
  }

  #takes(bytes: number): boolean {
    this.#size += bytes;
    if (!this.tooLarge) return true;
    this.recipients = [];
    this.headerNames = [];
    this.#bytes = new MessageBytes();
    return false;
  }
}

function readPath(payload: Buffer): { address: string | undefined; rest: number } {
  const nul = payload.indexOf(0);
  const end = nul < 0 ? payload.length : nul;
  return { address: smtpPath(payload.toString('latin1', 0, end)), rest: end + 1 };
}
