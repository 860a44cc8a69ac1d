import { readFileSync, statSync } from 'node:fs';
import { first, get, type UclValue } from '../../ucl/index.ts';
import { Networks } from '../networks.ts';
import { textsOf } from './options.ts';

/** Milliseconds between two looks at a file. */
const interval = 5000;

/** Entries of a map: those of its files, which are read again when they change, and those in the configuration itself. */
interface Entries {
  /** Changes whenever what is in it may have changed. */
  readonly version: number;
  readonly lines: readonly string[];
}

/** Reads maps as configurations write them, but for those of the network (rspamd: lualib/lua_maps.lua). */
export class MapReader {
  readonly #problem: (text: string) => void;

  /** @param problem is told of sources that cannot be used */
  constructor(problem: (text: string) => void) {
    this.#problem = problem;
  }

  /** A set of names, in lower case. */
  names(value: UclValue): (name: string) => boolean {
    const source = this.#source(value);
    let version = -1;
    let names: ReadonlySet<string> = new Set();
    return (name) => {
      const entries = source();
      if (entries.version !== version) {
        version = entries.version;
        names = new Set(entries.lines.map((line) => (line.split(/[ \t]/)[0] as string).toLowerCase()));
      }
      return names.has(name.toLowerCase());
    };
  }

  /** Values of keys, which may have stars and question marks; the first line that fits counts. */
  values(value: UclValue): (key: string) => string | undefined {
    const source = this.#source(value);
    let version = -1;
    let exact: ReadonlyMap<string, string> = new Map();
    let globs: ReadonlyArray<readonly [pattern: RegExp, value: string]> = [];
    return (key) => {
      const entries = source();
      if (entries.version !== version) {
        version = entries.version;
        const pairs = entries.lines.map((line): readonly [string, string] => {
          const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
          return [name.toLowerCase(), rest];
        });
        exact = new Map(pairs.toReversed());
        globs = pairs.filter(([name]) => /[*?]/.test(name)).map(([name, rest]) => [globOf(name), rest]);
      }
      const wanted = key.toLowerCase();
      return exact.get(wanted) ?? globs.find(([pattern]) => pattern.test(wanted))?.[1];
    };
  }

  /** A set of addresses and networks. */
  networks(value: UclValue): (ip: string) => boolean {
    const source = this.#source(value);
    let version = -1;
    let networks = new Networks([], '', this.#problem);
    return (ip) => {
      const entries = source();
      if (entries.version !== version) {
        version = entries.version;
        const first = entries.lines.map((line) => line.split(/[ \t]/)[0] as string);
        networks = new Networks(first, 'a map', this.#problem);
      }
      return networks.has(ip);
    };
  }

  #source(given: UclValue): () => Entries {
    const value = first(given) ?? given;
    const inner =
      value.type === 'object' ? (get(value, 'urls') ?? get(value, 'url') ?? get(value, 'data') ?? value) : value;
    const inline: string[] = [];
    const files: string[] = [];
    let fallback: string | undefined;
    let remote: string | undefined;
    for (const text of textsOf(inner)) {
      // A kind of map may stand before the source.
      const [, source = text] = /^(?:[a-z_]+;)(.*)$/s.exec(text) ?? [];
      if (/^https?:\/\//i.test(source)) remote = source;
      else if (/^fallback\+file:\/\//.test(source)) fallback = source.slice('fallback+file://'.length);
      else if (/^(?:file:\/\/)?\//.test(source)) files.push(source.replace(/^file:\/\//, ''));
      else if (/^[a-z+]+:\/\//i.test(source)) this.#problem(`a map cannot be read from ${source}`);
      else inline.push(source);
    }
    if (remote !== undefined && fallback === undefined)
      this.#problem(`maps are not fetched from the network: ${remote} is left out`);
    if (remote !== undefined && fallback !== undefined) files.push(fallback);
    return cached(inline, files);
  }
}

function globOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

/** Looks at the files now and then; one that is not there is an empty one. */
function cached(inline: readonly string[], files: readonly string[]): () => Entries {
  let looked = Number.NEGATIVE_INFINITY;
  let stamp: string | undefined;
  let entries: Entries = { version: 0, lines: inline };
  return () => {
    const now = performance.now();
    if (files.length === 0 || now - looked < interval) return entries;
    looked = now;
    const seen = files.map(stampOf).join(' ');
    if (seen === stamp) return entries;
    stamp = seen;
    entries = { version: entries.version + 1, lines: [...inline, ...files.flatMap(linesOf)] };
    return entries;
  };
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.mtimeMs}/${stat.size}`;
}

function linesOf(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
}
