import type { ReadonlyHeaders } from '../message/headers.ts';
import type { TaskDns } from './dns-answer.ts';
import { type Envelope, isRequestFlag, type RequestFlag } from './envelope.ts';
import { type EmailAddress, type Message, parseEnvelopeAddress, type Received } from './message/index.ts';
import { ReplyParts } from './reply/index.ts';
import type { Passthrough, Results } from './results.ts';
import type { TaskSettings } from './settings/index.ts';

/** Something that rules keep for each other on a task. */
export class TaskKey<T> {
  readonly name: string;
  /** Only to tell the type. */
  declare readonly type: T;

  constructor(name: string) {
    this.name = name;
  }
}

/** The four lists of addresses of a message. */
export interface Addresses {
  /** MAIL FROM; undefined where there is none that can be read, an address with empty fields for `<>`. */
  sender: EmailAddress | undefined;
  /** RCPT TO. */
  recipients: readonly EmailAddress[];
  /** Of the From fields. */
  from: readonly EmailAddress[];
  /** Of To, Cc and Bcc. */
  to: readonly EmailAddress[];
}

/** What is known of a task besides its message: what its request asked for, and what was found on the way. */
export type TaskFlag = RequestFlag | OwnFlag;

const ownFlags = ['broken_headers', 'no_ip', 'empty', 'bad_unicode'] as const;
type OwnFlag = (typeof ownFlags)[number];

function isTaskFlag(name: string): name is TaskFlag {
  return isRequestFlag(name) || (ownFlags as readonly string[]).includes(name);
}

export interface TaskInput {
  /** Of the log. */
  readonly id: string;
  readonly message: Message;
  readonly envelope: Envelope;
  readonly headers: ReadonlyHeaders;
  /** When the message was received, milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly dns: TaskDns;
  readonly results: Results;
  readonly isLocal: (ip: string) => boolean;
  /** Of the program that asks, which is not that of the envelope. */
  readonly clientIp?: string | undefined;
}

/** One message on its way through the rules: all that a rule sees, and how it tells what it found. */
export class Task {
  readonly id: string;
  readonly message: Message;
  readonly envelope: Envelope;
  /** Of the request, as it came. */
  readonly headers: ReadonlyHeaders;
  readonly receivedAt: number;
  readonly deadline: number;
  readonly dns: TaskDns;
  readonly results: Results;
  /** What applies to this message only; settings rules put it there. */
  settings: TaskSettings | undefined;
  /** The client's address; that of the topmost hop where the request names none. */
  readonly ip: string | undefined;
  readonly clientIp: string | undefined;
  /** What the reply says besides symbols. */
  readonly reply = new ReplyParts();
  /** The client's name: of the request, of the topmost hop, or found by DNS. */
  hostname: string | undefined;
  /** The client is one of ours (option local_addrs) or this machine. */
  readonly isLocal: boolean;
  /** Addresses as they came: what forgery checks look at. */
  readonly original: Readonly<Addresses>;
  /** Addresses after aliases were resolved: what all others look at. */
  readonly visible: Addresses;
  /** Hops of the message; on top one of our own where the topmost one does not speak of the client. */
  readonly received: readonly Received[];
  readonly #isLocalAddress: (ip: string) => boolean;
  readonly #flags: Set<TaskFlag>;
  readonly #store = new Map<TaskKey<unknown>, unknown>();

  constructor(input: TaskInput) {
    const { message } = input;
    const envelope = withMessage(input.envelope, message);
    const top = envelope.ip === undefined ? message.received[0] : undefined;
    this.id = input.id;
    this.message = message;
    this.envelope = envelope;
    this.headers = input.headers;
    this.receivedAt = input.receivedAt;
    this.deadline = input.deadline;
    this.dns = input.dns;
    this.results = input.results;
    this.ip = envelope.ip ?? top?.realIp;
    this.clientIp = input.clientIp;
    this.hostname = envelope.hostname ?? (top?.realIp === undefined ? undefined : top.realHostname);
    this.#isLocalAddress = input.isLocal;
    this.isLocal = this.ip !== undefined && input.isLocal(this.ip);
    this.original = {
      sender: envelope.from,
      recipients: envelope.recipients,
      from: message.from,
      to: message.recipients,
    };
    this.visible = { ...this.original };
    this.received = withClient(this);
    this.#flags = new Set<TaskFlag>(envelope.flags);
    if (message.broken || envelope.broken) this.#flags.add('broken_headers');
    if (envelope.ip === undefined) this.#flags.add('no_ip');
    if (message.text.length === 0) this.#flags.add('empty');
  }

  /** Name under which the client authenticated. */
  get user(): string | undefined {
    return this.envelope.user;
  }

  /** Whether an address is one of ours (option local_addrs) or of this machine. */
  isLocalAddress(ip: string): boolean {
    return this.#isLocalAddress(ip);
  }

  has(flag: TaskFlag): boolean {
    if (flag === 'bad_unicode') return this.#flags.has(flag) || this.message.badUnicode;
    return this.#flags.has(flag);
  }

  flag(flag: TaskFlag): void {
    this.#flags.add(flag);
  }

  /** @param name as Rspamd's rules and settings have it; one that nobody has does not matter */
  flagByName(name: string): void {
    if (isTaskFlag(name)) this.#flags.add(name);
  }

  get<T>(key: TaskKey<T>): T | undefined {
    return this.#store.get(key) as T | undefined;
  }

  set<T>(key: TaskKey<T>, value: T): void {
    this.#store.set(key, value);
  }

  /**
   * Tells that a symbol was found.
   * @param multiplier times the symbol's weight
   * @param options what was found, text
   * @param unknownWeight of a symbol that nobody knows; that of the configuration where it is left out
   */
  insert(symbol: string, multiplier = 1, options: readonly string[] = [], unknownWeight?: number): void {
    this.results.insert(symbol, multiplier, options, unknownWeight);
  }

  /** Fixes the verdict, or its least one, whatever the score. */
  passthrough(result: Passthrough): void {
    this.results.passThrough(result);
  }
}

/**
 * What the request does not tell of its sender and its mailbox stands in the message
 * (rspamd: src/libmime/mime_headers.c:rspamd_mime_header_check_special).
 */
function withMessage(envelope: Envelope, { headers }: Message): Envelope {
  const paths = headers.getAll('Return-Path').map(({ decodedBytes }) => parseEnvelopeAddress(decodedBytes));
  return {
    ...envelope,
    from: envelope.from ?? paths.find((path) => path !== undefined),
    deliverTo: envelope.deliverTo ?? headers.first('Delivered-To')?.decodedBytes,
  };
}

/** rspamd: src/libmime/received.cxx:received_maybe_fix_task. */
function withClient({ envelope, ip, hostname, message }: Task): readonly Received[] {
  const [top] = message.received;
  if (envelope.ip === undefined || top === undefined || top.realIp === ip) return message.received;
  const own: Received = {
    raw: undefined,
    fromHostname: hostname,
    realHostname: hostname,
    realIp: ip,
    byHostname: envelope.mtaName,
    forMailbox: undefined,
    forAddress: undefined,
    protocol: 'unknown',
    ssl: envelope.flags.has('ssl'),
    authenticated: envelope.user !== undefined,
    utf8: false,
    artificial: true,
    timestamp: 0,
  };
  return [own, ...message.received];
}
