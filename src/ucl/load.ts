import type { Failure, Flags, Load, MacroHandler } from './context.ts';
import type { Diagnostic } from './diagnostics.ts';
import { readPath } from './files.ts';
import { standardMacros } from './macros/index.ts';
import { inOrder } from './order.ts';
import { readAlone } from './read-alone.ts';
import { type RawText, renderSource } from './render.ts';
import type { Source } from './source.ts';
import type { TemplateWorld } from './template/index.ts';
import { bytes } from './text.ts';
import type { UclObject, UclValue } from './value.ts';
import type { Variable } from './variables.ts';
import { readInto } from './walk.ts';

export interface LoadOptions {
  /** In the order of registration; `FILENAME` and `CURDIR` are added in front. Byte strings. */
  readonly variables?: readonly Variable[] | undefined;
  /** Without it there is no template pass (as with `-T`). */
  readonly template?: TemplateWorld | undefined;
  /** Macros besides libucl's own; `'ignore'` accepts one and does nothing. */
  readonly macros?: ReadonlyMap<string, MacroHandler | 'ignore'> | undefined;
  /** Decrypts a file that begins with Rspamd's mark of an encrypted one (`ruclev1`); byte strings. */
  readonly decrypt?: ((content: string) => string | Failure) | undefined;
  /** Directory that relative names of files are looked up in; the process's own by default. */
  readonly cwd?: string | undefined;
  /** All are true by default. */
  readonly flags?: Partial<Flags> | undefined;
}

export interface TextOptions extends LoadOptions {
  /** Name for diagnostics; `<unknown>` by default. */
  readonly name?: string | undefined;
  readonly startPriority?: number | undefined;
}

export interface Loaded {
  /** Undefined when the configuration is rejected; then there is an error among the diagnostics. */
  readonly root: UclObject | undefined;
  /** In the order in which they were found, those of an included file where it is included. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that was read. */
  readonly sources: readonly Source[];
}

/** Like {@link Loaded}, but an array at the top level is a value, too. */
export interface Parsed extends Omit<Loaded, 'root'> {
  readonly value: UclValue | undefined;
  /** What could be read of a text that is rejected; for people and tools that look at mistakes, not for use. */
  readonly partial: UclValue | undefined;
}

/**
 * Loads a configuration file with everything it includes. All that is wrong is in the diagnostics: nothing is thrown.
 *
 * @param path as the system gives it, not a byte string
 */
export function loadFile(path: string, options: LoadOptions = {}): Loaded {
  return objectOnly(parseFile(path, options));
}

/** Loads a configuration from a byte string. */
export function loadText(text: string, options: TextOptions = {}): Loaded {
  return objectOnly(parseText(text, options));
}

/** As {@link loadFile}, for any value at the top level. */
export function parseFile(path: string, options: LoadOptions = {}): Parsed {
  const load = newLoad(options);
  const content = readPath(load.cwd, bytes(path));
  if (content.failed !== undefined || content.text === '') {
    const message = content.failed === undefined ? 'the main file is empty' : content.message;
    const source: Source = { name: bytes(path), text: '', includedFrom: undefined };
    load.diagnostics.push({ severity: 'error', message, at: { source, offset: 0 } });
    return { value: undefined, partial: undefined, diagnostics: load.diagnostics, sources: load.sources };
  }
  return readMain(load, { name: content.path, text: content.text }, content.path, 0);
}

/** As {@link loadText}, for any value at the top level. */
export function parseText(text: string, options: TextOptions = {}): Parsed {
  const load = newLoad(options);
  const raw = { name: options.name ?? '<unknown>', text: byteString(text) };
  return readMain(load, raw, undefined, options.startPriority ?? 0);
}

/** Text by mistake, where bytes are wanted, is taken as its UTF-8. */
function byteString(text: string): string {
  return /[^\0-\xff]/.test(text) ? bytes(text) : text;
}

function readMain(load: Load, raw: RawText, path: string | undefined, priority: number): Parsed {
  load.files = 1;
  const source = renderSource(load, raw, undefined);
  const read = source === undefined ? undefined : readAlone({ load, source, path, priority });
  const value = read === undefined || load.flags.implicitArrays ? read : writtenArrays(read);
  const rejected = load.diagnostics.some((one) => one.severity === 'error');
  return {
    value: rejected ? undefined : value,
    partial: value,
    diagnostics: inOrder(load.diagnostics),
    sources: load.sources,
  };
}

/** The same value with its repeated keys as arrays that could have been written. */
function writtenArrays(value: UclValue): UclValue {
  if (value.type === 'array') return { ...value, implicit: false, items: value.items.map(writtenArrays) };
  if (value.type === 'object') for (const entry of value.entries.values()) entry.value = writtenArrays(entry.value);
  return value;
}

function newLoad(options: LoadOptions): Load {
  const macros = new Map(standardMacros);
  for (const [name, handler] of options.macros ?? [])
    macros.set(name, handler === 'ignore' ? () => undefined : handler);
  return {
    read: readInto,
    flags: { macros: true, timeSuffixes: true, implicitArrays: true, fileVariables: true, ...options.flags },
    macros,
    template: options.template,
    decrypt: options.decrypt,
    cwd: bytes(options.cwd ?? process.cwd()),
    diagnostics: [],
    sources: [],
    inherited: new Set(),
    variables: options.variables ?? [],
    fileVariablesFirst: true,
    includePaths: undefined,
    root: undefined,
    files: 0,
    copies: 0,
  };
}

function objectOnly({ value, diagnostics, sources }: Parsed): Loaded {
  if (value === undefined || value.type === 'object') return { root: value, diagnostics, sources };
  const message = 'the top level must be an object, not an array';
  return { root: undefined, diagnostics: [...diagnostics, { severity: 'error', message, at: value.at }], sources };
}
