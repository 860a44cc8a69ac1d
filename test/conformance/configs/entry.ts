import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One configuration file of the corpus with what was recorded of it. */
export interface Subject {
  /** Path below the corpus folder, for messages. */
  readonly name: string;
  readonly path: string;
  /** Section whose body the file is; `top` for a whole main file. */
  readonly section: 'worker-proxy' | 'options' | 'logging' | 'top';
  /** In front of `expected…` in the names of recorded files: `options.inc.` or nothing. */
  readonly prefix: string;
  readonly entry: Entry;
}

/** A folder of the corpus and what its `source.txt` says. */
export interface Entry {
  readonly folder: string;
  /** Environment and `--var` that the recorded data were made with. */
  readonly env: Readonly<Record<string, string>>;
  readonly vars: ReadonlyArray<readonly [string, string]>;
  readonly source: string;
}

export function readEntry(folder: string): Entry {
  const path = join(folder, 'source.txt');
  const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const env = assignments(source, /^environment used for the expected data: *(.*)$/m);
  const vars = assignments(source, /^variables given with --var[^:]*: *(.*)$/m);
  return { folder, env: Object.fromEntries(env), vars, source };
}

function assignments(source: string, line: RegExp): Array<readonly [string, string]> {
  const words = line.exec(source)?.[1]?.split(/\s+/) ?? [];
  return words.flatMap((word) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

const bodies = ['worker-proxy', 'options', 'logging'] as const;

/** The files of an entry that have recorded data, in any of its folders. */
export function subjects(entry: Entry, corpus: string): Subject[] {
  const folders = [entry.folder, ...foldersBelow(entry.folder)];
  return folders.flatMap((folder) => subjectsIn(folder, entry, corpus));
}

function foldersBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .flatMap((one) => [join(folder, one.name), ...foldersBelow(join(folder, one.name))]);
}

function subjectsIn(folder: string, entry: Entry, corpus: string): Subject[] {
  const names = readdirSync(folder).sort();
  const subject = (name: string, section: Subject['section'], prefix: string): Subject => {
    const path = join(folder, name);
    return { name: path.slice(corpus.length + 1), path, section, prefix, entry };
  };
  const found = bodies.flatMap((section) => {
    const name = `${section}.inc`;
    const prefix = section === 'worker-proxy' ? '' : `${name}.`;
    const recorded = names.some((one) => one.startsWith(`${prefix}expected`));
    return names.includes(name) && recorded ? [subject(name, section, prefix)] : [];
  });
  if (names.includes('worker-proxy.inc')) return found;
  const top = names.find((name) => isTopFile(name));
  const recorded = names.some((name) => name.startsWith('expected'));
  return top !== undefined && recorded ? [...found, subject(top, 'top', '')] : found;
}

function isTopFile(name: string): boolean {
  return !/\.(?:json|txt|inc)$/.test(name) && /\.conf(?:$|\.)/.test(name);
}

/** The recorded text of a subject, such as `expected.json` or `expected-merged-error.txt`. */
export function recorded(subject: Subject, name: string): string | undefined {
  const path = join(dirname(subject.path), `${subject.prefix}${name}`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
