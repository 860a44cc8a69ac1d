import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Configuration, readConfiguration, type Surroundings } from '../../../src/cli/configuration.ts';
import { projectRoot } from '../../support/project.ts';
import type { Entry, Subject } from './entry.ts';

/** Users and groups that existed when the data were recorded (README of the corpus). */
const accounts: ReadonlyMap<string, number> = new Map(
  ['rspamd', '_rspamd', 'postfix', 'mail', 'nobody'].map((name, index) => [name, 2000 + index]),
);

/** @param complaints lines of the recording, which name every host that could not be looked up */
function recordedSurroundings(complaints: string): Surroundings {
  return {
    accounts: {
      user: (name) => {
        const id = accounts.get(name);
        return id === undefined ? undefined : { uid: id, gid: id };
      },
      group: (name) => accounts.get(name),
    },
    resolves: async (name) => !complaints.includes(`address resolution for ${name} failed`),
  };
}

/** A throw-away CONFDIR, in which a subject gets the surroundings it was recorded in. */
export class Lab {
  readonly #folder = mkdtempSync(join(tmpdir(), 'configs-'));
  readonly confdir = join(this.#folder, 'etc');
  readonly #stock: string | undefined;

  constructor(corpus: string) {
    mkdirSync(this.confdir);
    this.#stock = stockFolder(corpus);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** False when the corpus has no stock tree to merge with. */
  get hasStock(): boolean {
    return this.#stock !== undefined;
  }

  /** The file by itself: inside an otherwise empty section, or as the main file. */
  alone(subject: Subject): string {
    if (subject.section === 'top' && this.#stock !== undefined) cpSync(this.#stock, this.confdir, { recursive: true });
    const copy = this.#put(subject.path, basename(subject.path));
    if (subject.section === 'top') return copy;
    return this.#main(`${opening(subject.section)} {\n  .include "$CONFDIR/${basename(copy)}"\n}\n`);
  }

  /** The file in a place of the stock chain. */
  merged(subject: Subject, place: string): string {
    const { section } = subject;
    if (section === 'top') return this.#inStockTree(subject);
    this.#put(join(this.#stock ?? '', `${section}.inc`), `${section}.inc`);
    for (const own of ownBases(subject)) this.#put(own, `${section}.inc`);
    this.#put(subject.path, place);
    const chain = [
      `.include "$CONFDIR/${section}.inc"`,
      `.include(try=true; priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/${section}.inc"`,
      `.include(try=true; priority=10) "$LOCAL_CONFDIR/override.d/${section}.inc"`,
    ];
    return this.#main(`${opening(section)} {\n${[firstLines[section], ...chain].join('\n')}\n}\n`);
  }

  /** Added to the stock tree: under its own name, which the tree includes, or by an include line of `source.txt`. */
  #inStockTree(subject: Subject): string {
    cpSync(this.#stock ?? '', this.confdir, { recursive: true });
    const name = basename(subject.path);
    this.#put(subject.path, name);
    const main = join(this.confdir, 'rspamd.conf');
    const line = includeLine(subject.entry, name);
    if (line !== undefined) writeFileSync(main, `${readFileSync(main, 'latin1')}\n${line}\n`, 'latin1');
    return main;
  }

  #put(from: string, place: string): string {
    const to = join(this.confdir, place);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
    return to;
  }

  #main(content: string): string {
    const path = join(this.#folder, 'main.conf');
    writeFileSync(path, content, 'latin1');
    return path;
  }
}

/** Loads a main file with the variables, names and accounts of the recording. */
export function loadRecorded(
  file: string,
  confdir: string,
  entry: Entry,
  vars: ReadonlyArray<readonly [string, string]> = [],
  complaints = '',
): Promise<Configuration> {
  const folders = [
    ['CONFDIR', confdir],
    ['LOCAL_CONFDIR', confdir],
  ] as const;
  const options = { file, env: entry.env, vars: [...folders, ...vars], hostname: 'host' };
  return readConfiguration(options, recordedSurroundings(complaints));
}

function opening(section: Exclude<Subject['section'], 'top'>): string {
  return section === 'worker-proxy' ? 'worker "rspamd_proxy"' : section;
}

/** What the stock rspamd.conf has in front of the includes of a section. */
const firstLines = {
  'worker-proxy': 'bind_socket = "localhost:11332";',
  options: 'pidfile = "$RUNDIR/rspamd.pid";',
  logging: 'type = "file";\nfilename = "$LOGDIR/rspamd.log";',
} as const;

/** Where a folder without a stock tree of its own finds one. */
const usualCorpus = join(projectRoot, '../shared/corpus/configs');

/** The newest stock tree of the corpus. */
function stockFolder(corpus: string): string | undefined {
  return newestStock(corpus) ?? (existsSync(usualCorpus) ? newestStock(usualCorpus) : undefined);
}

function newestStock(corpus: string): string | undefined {
  const stock = readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'conf', 'worker-proxy.inc')));
  const newest = stock.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return newest === undefined ? undefined : join(corpus, newest, 'conf');
}

/** Where `source.txt` says that the file belongs; every place it may have where it does not say. */
export function placesOf(subject: Subject): readonly string[] {
  const { folder, source } = subject.entry;
  const base = basename(subject.path);
  const stored = subject.path.slice(folder.length + 1);
  const placed = source.split('\n').find((line) => line.includes(`-> ${stored} `));
  const place = /placed as (?:the base )?(\S+?)\]?$/.exec(placed ?? '')?.[1];
  return place === undefined ? [`local.d/${base}`, `override.d/${base}`, base] : [place];
}

/** A base file of the entry's own, where its note says that it was used for merging. */
function ownBases(subject: Subject): string[] {
  const { folder, source } = subject.entry;
  const base = basename(subject.path);
  if (!source.includes(`uses the ${base} of this entry as the base file`)) return [];
  const stored = [...source.matchAll(/-> (\S+) +\[.*placed as the base (\S+?)\]/g)].find(
    ([, , name]) => name === base,
  )?.[1];
  return stored === undefined ? [] : [join(folder, stored)];
}

function includeLine(entry: Entry, name: string): string | undefined {
  return [...entry.source.matchAll(/\.include\([^)]*\) "[^"]*"/g)]
    .map(([line]) => line)
    .find((line) => line.includes(name));
}
