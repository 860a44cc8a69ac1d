import type { Diagnostic } from './diagnostics.ts';
import type { Strategy } from './merge.ts';
import type { Position, Source } from './source.ts';
import type { TemplateWorld } from './template/index.ts';
import type { UclEntry, UclObject, UclValue } from './value.ts';
import type { Variable } from './variables.ts';

/** How texts of one load are read. */
export interface Flags {
  /** False: no macros, and then no variables either. */
  readonly macros: boolean;
  readonly timeSuffixes: boolean;
  /** False: a repeated key makes a written array. */
  readonly implicitArrays: boolean;
  /** False: no `FILENAME` and `CURDIR`. */
  readonly fileVariables: boolean;
}

/** A macro as it stands in a text, its value expanded. */
export interface MacroCall {
  readonly name: string;
  readonly arguments: UclObject | undefined;
  readonly value: string;
  readonly at: Position;
}

/** Why something could not be done, and how to mend it. */
export interface Failure {
  readonly message: string;
  readonly hint?: string;
}

/** Does the work of a macro; a failure is told at the place of the call. */
export type MacroHandler = (call: MacroCall, file: FileContext) => Failure | undefined;

/** What all files of one load share. */
export interface Load {
  /** Parses a text and puts its content into `file.container`; gives the value of its top level. */
  readonly read: (file: FileContext, included: boolean) => UclValue;
  readonly flags: Flags;
  readonly macros: ReadonlyMap<string, MacroHandler>;
  readonly template: TemplateWorld | undefined;
  readonly decrypt: ((content: string) => string | Failure) | undefined;
  /** Directory for relative names. */
  readonly cwd: string;
  readonly diagnostics: Diagnostic[];
  readonly sources: Source[];
  /** Entries copied by `.inherit`. */
  readonly inherited: Set<UclEntry>;
  /** Registered variables without `FILENAME` and `CURDIR`. */
  readonly variables: readonly Variable[];
  /** `FILENAME` and `CURDIR` stand before the others until the first include has been read. */
  fileVariablesFirst: boolean;
  /** Search directories, once a macro has set them. */
  includePaths: readonly string[] | undefined;
  /** The top level, once it is known: `.inherit` looks there. */
  root: UclValue | undefined;
  /** Files read and values copied so far, for the limits. */
  files: number;
  copies: number;
}

/** One file, or other text, while it is read. */
export interface FileContext {
  readonly load: Load;
  readonly source: Source;
  /** What is parsed: all of the source's text, or a part of it that begins at `shift`. */
  readonly text: string;
  readonly shift: number;
  /** Nested inputs, this one included. */
  readonly depth: number;
  /** Real path; undefined for a text that is no file. */
  readonly path: string | undefined;
  readonly fileVariables: readonly Variable[];
  readonly strategy: Strategy;
  /** Masked to 0–15 where it is used; `.priority` changes it. */
  priority: number;
  /** The object that the macro being run stands in, and how deep that is. */
  container: UclObject;
  level: number;
  /** Braces around a text included here would not be mixed up with those of a section. */
  freeForBraces: boolean;
}

export const loadLimits = {
  /** Nested inputs, the main one included (rspamd: contrib/libucl/ucl_internal.h:UCL_MAX_RECURSION). */
  inputs: 16,
  files: 4096,
  copies: 1_000_000,
} as const;

export function variablesOf(file: FileContext): readonly Variable[] {
  const { load, fileVariables } = file;
  if (!load.flags.macros) return [];
  return load.fileVariablesFirst ? [...fileVariables, ...load.variables] : [...load.variables, ...fileVariables];
}

export function placeAt(file: FileContext, offset: number): Position {
  return { source: file.source, offset: offset + file.shift };
}

export function fail(file: FileContext, at: Position, message: string, hint?: string): void {
  file.load.diagnostics.push({ severity: 'error', message, at, hint });
}
