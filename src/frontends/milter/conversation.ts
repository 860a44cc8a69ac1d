import { ProtocolError } from '../../message/errors.ts';
import type { Headers } from '../../message/headers.ts';
import { command, type Frame, protocolBit } from '../../wire/milter/index.ts';
import { Macros } from './macros.ts';
import { negotiate, type Terms, unnegotiated } from './negotiation.ts';
import type { MilterOptions } from './options.ts';
import { scanHeaders } from './request.ts';
import { readClient, type SmtpClient } from './smtp-client.ts';
import { Transaction } from './transaction.ts';

/** What a command asks of the session, besides a `continue` where the terms want one. */
export type Effect = Readonly<
  | { does: 'negotiate'; terms: Terms }
  | { does: 'connect'; client: SmtpClient }
  /** A message is complete; the conversation has forgotten it. */
  | { does: 'scan'; transaction: Transaction; headers: Headers }
  | { does: 'quit' }
>;

type ConversationOptions = Pick<MilterOptions, 'maxMessage' | 'clientCaName' | 'leadingSpace'>;

/**
 * The commands of an MTA and what is known after each: nothing of sockets, time or verdicts. Like the original it takes
 * commands in any order, since MTAs differ in which they send. What belongs to a message lives in one object that goes
 * with it; MAIL starts a new one even without an abort before it, which Sendmail leaves out for a RSET before DATA.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  #terms: Terms = unnegotiated;
  #client: SmtpClient | undefined;
  #helo = '';
  #macros = new Macros();
  #transaction: Transaction | undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  get terms(): Terms {
    return this.#terms;
  }

  /** Whether the MTA lets header values begin with their space, and wants ours so. */
  get leadingSpace(): boolean {
    return (this.#terms.protocol & protocolBit.leadingSpace) !== 0;
  }

  /** Whether a message has begun. */
  get inMessage(): boolean {
    return this.#transaction !== undefined;
  }

  /** Takes one command; throws ProtocolError for one that cannot be read. */
  step({ command: byte, payload }: Frame): Effect | undefined {
    switch (byte) {
      case command.macro:
        this.#macros.define(payload);
        return undefined;
      case command.header:
        this.#current().header(payload, this.leadingSpace ? ':' : ': ');
        return undefined;
      case command.body:
        this.#current().body(payload);
        return undefined;
      case command.endOfHeaders:
        this.#current().endHeaders();
        return undefined;
      case command.mail:
        this.#macros.startMessage();
        this.#transaction = undefined;
        this.#current().mail(payload);
        return undefined;
      case command.recipient:
        this.#current().recipient(payload);
        return undefined;
      case command.endOfMessage:
        return this.#endOfMessage(payload);
      case command.abort:
        this.#forgetMessage();
        return undefined;
      default:
        return this.#stepConnection(byte, payload);
    }
  }

  #stepConnection(byte: number, payload: Buffer): Effect | undefined {
    switch (byte) {
      case command.negotiate:
        this.#terms = negotiate(payload, this.#options.leadingSpace);
        return { does: 'negotiate', terms: this.#terms };
      case command.connect:
        this.#macros.startConnection();
        this.#forgetClient();
        this.#client = readClient(payload);
        return { does: 'connect', client: this.#client };
      case command.helo:
        // EHLO resets a transaction like RSET does (RFC 5321 section 4.1.4).
        this.#macros.startGreeting();
        this.#transaction = undefined;
        this.#helo = payload.toString('latin1', 0, payload.at(-1) === 0 ? payload.length - 1 : payload.length);
        return undefined;
      case command.quitNewConnection:
        this.#macros.clear();
        this.#forgetClient();
        return undefined;
      case command.quit:
        return { does: 'quit' };
      case command.data:
      case command.unknown:
        return undefined;
      default:
        // A future command without data can do no harm; the original skips it too.
        if (payload.length === 0) return undefined;
        throw new ProtocolError(`Invalid command: ${String.fromCharCode(byte)}`);
    }
  }

  #current(): Transaction {
    this.#transaction ??= new Transaction(this.#options.maxMessage);
    return this.#transaction;
  }

  /** The last packet may carry a last piece of the body. */
  #endOfMessage(payload: Buffer): Effect {
    const transaction = this.#current();
    if (payload.length > 0) transaction.body(payload);
    const envelope = { client: this.#client, helo: this.#helo, macros: this.#macros, transaction };
    const headers = scanHeaders(envelope, this.#options.clientCaName);
    this.#forgetMessage();
    return { does: 'scan', transaction, headers };
  }

  #forgetMessage(): void {
    this.#macros.endMessage();
    this.#transaction = undefined;
  }

  #forgetClient(): void {
    this.#client = undefined;
    this.#helo = '';
    this.#transaction = undefined;
  }
}
