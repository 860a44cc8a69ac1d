import { command, PayloadReader } from '../../wire/milter/index.ts';
import { sessionLimits } from './options.ts';

/**
 * Macros that are read here. Names compare case-insensitively and braces are part of the name: `{i}` and `i` are two
 * (rspamd: src/libserver/milter.c:rspamd_milter_macro_http).
 */
const known: ReadonlySet<string> = new Set([
  '{i}',
  'i',
  '{v}',
  'v',
  '{j}',
  'j',
  '{auth_authen}',
  '{cert_issuer}',
  '{cert_subject}',
  '{cipher}',
  '{client_name}',
  '{daemon_name}',
  '{rcpt_mailer}',
  '{tls_version}',
]);

/** Commands in the order of an SMTP session. A macro belongs to the command it was sent for. */
const stages: readonly number[] = [
  command.connect,
  command.helo,
  command.mail,
  command.recipient,
  command.data,
  command.header,
  command.endOfHeaders,
  command.body,
  command.endOfMessage,
];
const [connect, helo, mail] = [0, 1, 2];
/** Where macros of any other command byte go: they end with the message. */
const unknownStage = stages.length;
const stageOf: ReadonlyMap<number, number> = new Map(stages.map((byte, at) => [byte, at]));

type Values = Map<string, string>;

/**
 * The macros of one connection, each with the stage it was sent for. Starting a stage anew forgets what was known of it
 * and of all later ones; what was sent for the command just before it counts as new. So neither a queue id nor a login
 * survives its message (libmilter: engine.c:mi_clr_macros).
 */
export class Macros {
  /** Sent since the last command of the stage. */
  readonly #fresh: Array<Values | undefined> = [];
  readonly #current: Array<Values | undefined> = [];

  /** Takes a payload of macro definitions: command byte, then (name NUL value NUL)*. */
  define(payload: Buffer): void {
    if (payload.length < 2) return;
    const reader = new PayloadReader(payload, 'macro');
    const stage = stageOf.get(reader.uint8('command')) ?? unknownStage;
    while (reader.left > 0) {
      const name = reader.string('name').toLowerCase();
      const value = reader.string('value');
      if (!known.has(name) || value.length > sessionLimits.macroValueBytes) continue;
      const values = this.#fresh[stage];
      if (values === undefined) this.#fresh[stage] = new Map([[name, value]]);
      else values.set(name, value);
    }
  }

  /** The value of the latest stage that has one. */
  get(name: string): string | undefined {
    for (let stage = unknownStage; stage >= connect; stage--) {
      const value = this.#fresh[stage]?.get(name) ?? this.#current[stage]?.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  startConnection(): void {
    this.#start(connect);
  }

  startGreeting(): void {
    this.#start(helo);
  }

  startMessage(): void {
    this.#start(mail);
  }

  /** After a verdict or an abort: nothing of the message is left. */
  endMessage(): void {
    this.#forget(mail);
  }

  clear(): void {
    this.#forget(connect);
  }

  #start(stage: number): void {
    const fresh = this.#fresh[stage];
    this.#forget(stage);
    this.#current[stage] = fresh;
  }

  #forget(from: number): void {
    for (let stage = from; stage <= unknownStage; stage++) {
      this.#fresh[stage] = undefined;
      this.#current[stage] = undefined;
    }
  }
}
