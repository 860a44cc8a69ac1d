import type { ByteString } from '../../message/index.ts';
import type { Call } from './parse.ts';
import type { Argument } from './value.ts';

/** What stands in the brackets of a call, read as it is wanted. */
export class Arguments {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get length(): number {
    return this.#call.args.length;
  }

  /** @throws Error where it is no text */
  text(at: number): ByteString | undefined {
    const given = this.#call.args[at];
    if (given === undefined || typeof given === 'string') return given;
    throw this.#wrong(at, 'text');
  }

  /** @throws Error where there is none */
  needed(at: number): ByteString {
    const given = this.text(at);
    if (given === undefined) throw new Error(`${this.#call.name} needs ${at + 1} argument${at === 0 ? '' : 's'}`);
    return given;
  }

  number(at: number): number | undefined {
    const given = this.text(at);
    if (given === undefined) return undefined;
    if (!/^-?\d+(?:\.\d+)?$/.test(given)) throw this.#wrong(at, 'a number');
    return Number(given);
  }

  choice<C extends string>(at: number, choices: readonly C[]): C | undefined {
    const given = this.text(at);
    if (given === undefined) return undefined;
    if (!(choices as readonly string[]).includes(given)) throw this.#wrong(at, choices.join(', '));
    return given as C;
  }

  texts(from = 0): readonly ByteString[] {
    return this.#call.args.slice(from).map((_, at) => this.needed(from + at));
  }

  /** `{a, b}`, or a text alone. */
  list(at: number): readonly ByteString[] | undefined {
    const given = this.#call.args[at];
    return given === undefined ? undefined : listOf(given);
  }

  /** `{a = b}` */
  table(at: number): Readonly<Record<string, Argument>> {
    const given = this.#call.args[at] ?? {};
    if (typeof given === 'string' || (Array.isArray(given) && given.length > 0))
      throw this.#wrong(at, '{name = value}');
    return Array.isArray(given) ? {} : (given as Readonly<Record<string, Argument>>);
  }

  #wrong(at: number, wanted: string): Error {
    return new Error(`argument ${at + 1} of ${this.#call.name} must be ${wanted}`);
  }
}

export function listOf(given: Argument): readonly ByteString[] {
  if (typeof given === 'string') return [given];
  return Array.isArray(given) ? given.filter((one): one is ByteString => typeof one === 'string') : [];
}
