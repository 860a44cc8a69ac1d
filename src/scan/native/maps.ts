import type { Logger } from '../../message/log.ts';
import { first, get, type UclObject, type UclValue } from '../../ucl/index.ts';
import {
  CdbFile,
  ExternalMap,
  entriesReading,
  isMapKind,
  linesReading,
  type MapEntry,
  type MapKind,
  type MapSources,
  type MapWorld,
  type Opened,
  openMap,
  type Question,
  readEntries,
  splitKind,
} from '../maps/index.ts';
import { NetworkTable } from '../network-table.ts';
import { Networks } from '../networks.ts';
import { compileRegexp, type Regexp, Subject, takeApart } from '../regexp/index.ts';
import { flagOption, numberOption, pairsOf, sectionOption, textOption, textsOf } from './options.ts';

/** What maps need of the world. */
export interface MapContext {
  readonly stateFolder: string;
  readonly logger: Logger;
  section(name: string): UclObject | undefined;
  /** Is told of sources that cannot be used. */
  problem(text: string): void;
}

/** What a map has for a key: several texts where its kind lets several entries fit, none where it has nothing. */
export type Found = readonly string[];

/** Looks for keys, byte strings. */
export interface Lookup {
  find(key: string): Found | Promise<Found>;
}

/** Seconds between two questions to a web server (rspamd: conf/options.inc, map_watch_interval). */
const usualInterval = 300;
const shortestInterval = 1;
/** Of that, how long a file is not looked at (rspamd: option map_file_watch_multiplier). */
const usualFileShare = 0.1;
/** Seconds that a file is not looked at, at most. */
const longestFileInterval = 5;
/** Seconds that a server has for a key. */
const usualPatience = 1;

/** Reads maps as configurations write them (rspamd: lualib/lua_maps.lua). */
export class MapReader {
  readonly #problem: (text: string) => void;
  readonly #world: MapWorld;
  readonly #options: UclObject | undefined;
  /** Maps that have a name for selectors (option `selector_alias`). */
  readonly #aliases = new Map<string, Lookup>();

  constructor({ stateFolder, logger, section, problem }: MapContext) {
    this.#problem = problem;
    this.#options = section('options');
    this.#world = {
      stateFolder,
      ...this.#intervals(numberOption(this.#options, 'map_watch_interval') ?? usualInterval),
      credentials: credentialsOf(sectionOption(this.#options, 'http_auth')),
      failed: (text) => logger.log('warning', 'map', 'map', '', text),
    };
  }

  /** A set of names, in lower case. */
  names(value: UclValue): (name: string) => boolean {
    const names = this.#made(value, (entries) => new Set(entries.map(([key]) => key.toLowerCase())));
    return (name) => names().has(name.toLowerCase());
  }

  /**
   * Values of keys, which may have stars and question marks; the first line that fits counts. Sources with `regexp;`
   * before them have regular expressions instead.
   */
  values(value: UclValue): (key: string) => string | undefined {
    if (this.#sources(value).texts.some((text) => splitKind(text).kind?.startsWith('regexp') === true))
      return this.regexps(value);
    const made = this.#made(value, (entries) => {
      const pairs = entries.map(([key, rest = '']) => [key.toLowerCase(), rest] as const);
      const globs = pairs.filter(([name]) => /[*?]/.test(name)).map(([name, rest]) => [globOf(name), rest] as const);
      return { exact: new Map(pairs.toReversed()), globs };
    });
    return (key) => {
      const { exact, globs } = made();
      const wanted = key.toLowerCase();
      if (exact.has(wanted)) return exact.get(wanted);
      const subject = new Subject(wanted);
      return globs.find(([pattern]) => pattern.test(subject))?.[1];
    };
  }

  /** Values of regular expressions, `/…/i value`; the first line that fits counts. */
  regexps(value: UclValue): (text: string) => string | undefined {
    const patterns = this.#made(value, (entries) => this.#patterns(entries, 'regexp', ''));
    return (text) => {
      const subject = new Subject(text);
      return patterns().find(([pattern]) => pattern.test(subject))?.[1];
    };
  }

  /** A set of addresses and networks. */
  networks(value: UclValue): (ip: string) => boolean {
    const networks = this.#made(
      value,
      (entries) =>
        new Networks(
          entries.flatMap(([key]) => key.split(',')),
          'a map',
          this.#problem,
        ),
    );
    return (ip) => networks().has(ip);
  }

  /**
   * A map of any kind, of files, of the network, of the configuration or of a server that is asked for every key.
   * @param usual kind where the sources do not name another one
   * @returns undefined where it cannot be used, which is told
   */
  lookup(value: UclValue, usual: MapKind): Lookup | undefined {
    const object = first(value);
    if (object?.type === 'object' && flagOption(object, 'external') === true) {
      const external = this.external(object);
      return external === undefined
        ? undefined
        : this.#named(object, {
            find: async (key) => {
              const answer = await external.find(key);
              return answer === undefined ? [] : [answer];
            },
          });
    }
    const sources = this.#sources(value);
    const kinds = sources.texts.map((text) => splitKind(text).kind).filter((kind) => kind !== undefined);
    const kind = kinds[0] ?? usual;
    if (value.type === 'string' && sources.texts.length > 0 && isEntry(value.value)) {
      this.#problem(`a map cannot be read from ${value.value}: neither a path nor an address`);
      return undefined;
    }
    const find = kind === 'cdb' ? this.#cdb(sources) : this.#finder(value, sources, kind);
    return this.#named(object?.type === 'object' ? object : undefined, { find });
  }

  /** What the map of a `selector_alias` has for a key; nothing where it would have to be waited for. */
  named(alias: string, key: string): string | undefined {
    const found = this.#aliases.get(alias)?.find(key);
    return Array.isArray(found) ? (found as Found)[0] : undefined;
  }

  /** A server that is asked for every key, or a constant database (option `external`). */
  external(object: UclObject): { find(question: Question): Promise<string | undefined> } | undefined {
    const path = textOption(object, 'cdb');
    if (path !== undefined) {
      const cdb = new CdbFile(path, this.#world);
      return { find: async (question) => (typeof question === 'string' ? cdb.find(question) : undefined) };
    }
    const backend = textOption(object, 'backend');
    if (backend === undefined || !URL.canParse(backend)) {
      this.#problem('an external map needs the address of its backend, or the path of a cdb file');
      return undefined;
    }
    const [method, encode] = [textOption(object, 'method'), textOption(object, 'encode')];
    if (method !== undefined && method !== 'body' && method !== 'header' && method !== 'query') {
      this.#problem(`an external map is left out: its method is body, header or query, not ${method}`);
      return undefined;
    }
    if (encode !== undefined && encode !== 'json' && encode !== 'messagepack') {
      this.#problem(`an external map is left out: encode is json or messagepack, not ${encode}`);
      return undefined;
    }
    const timeout = (numberOption(object, 'timeout') ?? usualPatience) * 1000;
    return new ExternalMap({ backend, method, encode, timeout }, this.#world.failed);
  }

  /** What a function makes of all lines as they are, anew when they change. */
  whole<T>(source: UclValue | string, make: (lines: readonly string[]) => T): () => T {
    const sources = typeof source === 'string' ? { texts: [source] } : this.#sources(source);
    const world = typeof source === 'string' ? this.#world : this.#worldOf(source);
    return remade(openMap(sources, linesReading, world, this.#problem), ({ parts, inline }) =>
      make([...inline, ...parts.flat()]),
    );
  }

  #finder(value: UclValue, sources: MapSources, kind: Exclude<MapKind, 'cdb'>): (key: string) => Found {
    switch (kind) {
      case 'hash':
      case 'set': {
        const made = this.#opened(value, sources, ({ parts, inline }) => ({
          any: new Map(parts.flat().map(([key, rest]) => [key.toLowerCase(), kind === 'set' ? '' : (rest ?? '')])),
          // What stands in the configuration is a table of Lua there.
          exact: new Map(inline.map((line) => (kind === 'set' ? ([line, ''] as const) : splitLine(line)))),
        }));
        return (key) => {
          const { any, exact } = made();
          const found = exact.get(key) ?? any.get(key.toLowerCase());
          return found === undefined ? [] : [found];
        };
      }
      case 'radix': {
        const made = this.#made(value, (entries) => this.#networkTable(entries), sources);
        return (key) => {
          const found = made().get(key);
          return found === undefined ? [] : [found];
        };
      }
      default: {
        const [pattern, isMulti] = [kind.startsWith('glob') ? 'glob' : 'regexp', kind.endsWith('_multi')] as const;
        const made = this.#made(value, (entries) => this.#patterns(entries, pattern, '1'), sources);
        return (key) => {
          // An empty text fits nothing.
          if (key === '') return [];
          const subject = new Subject(key);
          if (isMulti) return made().flatMap(([regexp, found]) => (regexp.test(subject) ? [found] : []));
          const found = made().find(([regexp]) => regexp.test(subject))?.[1];
          return found === undefined ? [] : [found];
        };
      }
    }
  }

  #cdb({ texts }: MapSources): (key: string) => Found {
    const files = texts.map((text) => {
      const path = splitKind(text).source.replace(/^file:\/\//i, '');
      return new CdbFile(path, this.#world);
    });
    return (key) => {
      for (const file of files) {
        const found = file.find(key);
        if (found !== undefined) return [found];
      }
      return [];
    };
  }

  #networkTable(entries: readonly MapEntry[]): NetworkTable {
    const table = new NetworkTable();
    for (const [key, value = '1'] of entries)
      for (const wrong of table.add(key, value)) this.#world.failed(`a map has ${wrong}, which is no network`);
    return table;
  }

  /** The first of several equal expressions counts. @param usual value of a line that has none */
  #patterns(entries: readonly MapEntry[], kind: 'regexp' | 'glob', usual: string): [pattern: Regexp, value: string][] {
    const known = new Set<string>();
    return entries.flatMap(([written, rest = usual]): [Regexp, string][] => {
      if (known.has(written)) return [];
      known.add(written);
      try {
        return [[kind === 'glob' ? globOf(written) : compileRegexp(takeApart(written)), rest]];
      } catch (cause) {
        this.#world.failed(`a map has ${written}: ${(cause as Error).message}`);
        return [];
      }
    });
  }

  /** What is made of the entries of a map, anew when they change. */
  #made<T>(value: UclValue, make: (entries: readonly MapEntry[]) => T, sources = this.#sources(value)): () => T {
    return this.#opened(value, sources, ({ parts, inline }) =>
      make([...inline.flatMap((line) => readEntries(line)), ...parts.flat()]),
    );
  }

  #opened<T>(value: UclValue, sources: MapSources, make: (opened: Opened<readonly MapEntry[]>) => T): () => T {
    return remade(openMap(sources, entriesReading, this.#worldOf(value), this.#problem), make);
  }

  /** rspamd: src/libserver/maps/map.c:rspamd_map_add_from_ucl */
  #sources(given: UclValue): MapSources {
    const value = first(given) ?? given;
    if (value.type !== 'object') return { texts: textsOf(given) };
    const urls = get(value, 'upstreams') ?? get(value, 'url') ?? get(value, 'urls');
    const data = get(value, 'data');
    if (urls === undefined) return { texts: data === undefined ? [] : textsOf(data) };
    return { texts: textsOf(urls), data: data === undefined ? [] : textsOf(data) };
  }

  /** An object may say itself how often it is looked at. */
  #worldOf(given: UclValue): MapWorld {
    const value = first(given);
    const names = ['timeout', 'poll', 'poll_time', 'watch_interval'];
    const seconds =
      value?.type === 'object' ? names.map((name) => numberOption(value, name)).find(isNumber) : undefined;
    return seconds === undefined ? this.#world : { ...this.#world, ...this.#intervals(seconds) };
  }

  #intervals(given: number): Pick<MapWorld, 'interval' | 'fileInterval'> {
    const seconds = Math.max(given, shortestInterval);
    const share = numberOption(this.#options, 'map_file_watch_multiplier') ?? usualFileShare;
    return { interval: seconds * 1000, fileInterval: Math.min(seconds * share, longestFileInterval) * 1000 };
  }

  #named(object: UclObject | undefined, lookup: Lookup): Lookup {
    const alias = textOption(object, 'selector_alias');
    if (alias === undefined) return lookup;
    if (this.#aliases.has(alias)) this.#problem(`two maps have the selector_alias ${alias}: the first one counts`);
    else this.#aliases.set(alias, lookup);
    return lookup;
  }
}

/** What is made of what a map has, anew when that changes. */
function remade<R, T>(open: () => Opened<R>, make: (opened: Opened<R>) => T): () => T {
  let version = -1;
  let made: T | undefined;
  return () => {
    const opened = open();
    if (opened.version !== version) {
      version = opened.version;
      made = make(opened);
    }
    return made as T;
  };
}

/** The kind of map that a word of a configuration names. */
export function mapKindOf(word: string): MapKind | undefined {
  if (word === 'map') return 'hash';
  return isMapKind(word) ? word : undefined;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}

/** No source, but an entry. */
function isEntry(text: string): boolean {
  return !/^(?:[a-z_]+;)?(?:static$|(?:(?:sign|fallback|zst)\+|key=[^+:]*[+:])*(?:[a-z+]+:\/|\/))/is.test(text);
}

/** At the first blank, as Lua does it there. */
function splitLine(line: string): readonly [string, string] {
  const blank = line.indexOf(' ');
  return blank < 0 ? [line, ''] : [line.slice(0, blank), line.slice(blank + 1)];
}

function credentialsOf(section: UclObject | undefined): ReadonlyMap<string, string> {
  return new Map(
    pairsOf(section).flatMap(([name, value]) => {
      const [user, password] = [textOption(value, 'user'), textOption(value, 'password')];
      return user === undefined || password === undefined ? [] : [[name, `${user}:${password}`] as const];
    }),
  );
}

function globOf(text: string): Regexp {
  const pattern = text
    .replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return compileRegexp({ pattern: `^${pattern}$`, flags: '' });
}
