import type { UclValue } from '../ucl/index.ts';
import type { Chunk } from './chunk.ts';
import type { Keypair } from './keys.ts';

/**
 * What the value of an option becomes, by the kind its table names. The conversions are those of
 * rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_parse_struct_*.
 */
export interface Kinds {
  /** A byte string; numbers and booleans are accepted and become text. */
  string: string;
  /** A string and nothing else: program text, or the name of a file with it. */
  chunk: Chunk;
  /** Like `string`, decoded: names that go to the operating system. */
  path: string;
  /** A boolean, or an integer of which any but 0 is true. */
  flag: boolean;
  /** True for a real `true`, `yes` or `on` only. */
  strictFlag: boolean;
  integer: number;
  double: number;
  /** Milliseconds; a bare number counts seconds. */
  time: number;
  /** Strings split at commas and blanks, however they are nested. */
  list: readonly string[];
  /** Strings as they are; one alone, several in an array, or the key repeated. */
  texts: readonly string[];
  /** Names with numbers: `{ exe = 1; }`. */
  weights: ReadonlyMap<string, number>;
  /** Names that hold: `{ docx = true; }`; a name with `false` does not. */
  names: ReadonlySet<string>;
  /** Names with one string or several: `{ txt = ["text/plain", "text/x"]; }`. */
  lists: ReadonlyMap<string, readonly string[]>;
  /** Where entries come from: a path, an address, entries themselves, or an array or object of them. */
  map: UclValue;
  /** Names with maps. */
  maps: ReadonlyMap<string, UclValue>;
  keypair: Keypair;
  /** 32 bytes. */
  publicKey: Buffer;
}

export type Kind = keyof Kinds;

/** Type names as `confighelp` prints them. */
export type DocType =
  | 'string'
  | 'string list'
  | 'int'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'size'
  | 'double'
  | 'time'
  | 'bool'
  | 'boolean'
  | 'keypair'
  | 'map'
  | 'object';

/** `later`: what the option does, for the notice that it has no effect yet. */
export type Status = 'honoured' | { readonly later: string };

interface Common {
  readonly help: string;
  readonly status: Status;
  /** First Rspamd release that has the option; left out where it is older than the section's history tells. */
  readonly since?: string;
  /** Other names of the same option; the first of the list that is given counts. */
  readonly aliases?: readonly string[];
  /** The aliases count before the name. */
  readonly aliasesFirst?: true;
  readonly type?: DocType;
  readonly required?: true;
  readonly example?: string;
  /** The default in words, where it is worked out when the proxy starts. */
  readonly defaultText?: string;
  /** The options inside. */
  readonly table?: Table;
  /** Smallest value that makes sense; a smaller one is reported and the default used. */
  readonly min?: number;
  /** Where the effect is still to come: values up to this one need no notice. */
  readonly noticeAbove?: number;
  /** True: a value given several times is read every time; otherwise the first one counts. */
  readonly repeatable?: true;
}

export type ValueOption = {
  [K in Kind]: Common & { readonly kind: K; readonly default?: Kinds[K] };
}[Kind];

/** One word out of a set; `choices` maps every accepted spelling, in lower case, to its meaning. */
export interface ChoiceOption extends Common {
  readonly kind: 'choice';
  readonly choices: Readonly<Record<string, string>>;
  readonly default?: string;
  /** What an unknown word means; without it an unknown word is an error that starts with `complaint`. */
  readonly otherwise?: string;
  readonly complaint?: string;
  /** What is no string at all is an error too, not passed over. */
  readonly strict?: true;
}

/** A nested section with a table of its own. */
export interface SectionOption extends Common {
  readonly kind: 'section';
  readonly table: Table;
}

/** Read by code of its own; the table has its name, type and help. */
export interface SpecialOption extends Common {
  readonly kind: 'special';
}

export type Option = ValueOption | ChoiceOption | SectionOption | SpecialOption;

export interface Table {
  /** Path of the section, as `confighelp` takes it. */
  readonly path: string;
  readonly help: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Names that other workers and modules read here, by type: known, checked like the original does, otherwise ignored. */
  readonly foreign?: Readonly<Record<string, DocType | 'any'>>;
  /** A value of the wrong type is reported and passed over, not an error (the original says nothing). */
  readonly lenient?: true;
}

type ValueOf<O> = O extends { kind: 'choice'; choices: Readonly<Record<string, infer V>> }
  ? V
  : O extends { kind: 'section'; table: infer T extends Table }
    ? Settings<T>
    : O extends { kind: infer K extends Kind }
      ? O extends { repeatable: true }
        ? readonly Kinds[K][]
        : Kinds[K]
      : UclValue;

type Always<O> = O extends { default: unknown } | { kind: 'section' } | { repeatable: true } | { kind: 'strictFlag' }
  ? true
  : false;

/** The typed values of a table: every option that is not `special`, undefined where it is not set and has no default. */
export type Settings<T extends Table> = {
  readonly [N in keyof T['options'] as T['options'][N] extends { kind: 'special' } ? never : N]: Always<
    T['options'][N]
  > extends true
    ? ValueOf<T['options'][N]>
    : ValueOf<T['options'][N]> | undefined;
};

/** All names an option answers to, the one that wins first. */
export function namesOf(name: string, option: Option): readonly string[] {
  const aliases = option.aliases ?? [];
  return option.aliasesFirst === true ? [...aliases, name] : [name, ...aliases];
}

/** Every name of the section's own options. */
export function knownNames(table: Table): string[] {
  return Object.entries(table.options).flatMap(([name, option]) => namesOf(name, option));
}

const kindTypes: Readonly<Record<Option['kind'], DocType | undefined>> = {
  string: 'string',
  chunk: undefined,
  path: 'string',
  flag: 'bool',
  strictFlag: 'boolean',
  integer: 'int',
  double: 'double',
  time: 'time',
  list: 'string list',
  texts: 'string list',
  weights: 'object',
  names: 'object',
  lists: 'object',
  map: 'map',
  maps: 'object',
  keypair: 'keypair',
  publicKey: 'string',
  choice: 'string',
  section: 'object',
  special: undefined,
};

/** The type that `confighelp` shows; undefined where the original shows none. */
export function docType(option: Option): DocType | undefined {
  return option.type ?? kindTypes[option.kind];
}
