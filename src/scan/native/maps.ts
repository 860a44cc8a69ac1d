import type { Logger } from '../../message/log.ts';
import { first, get, type UclObject, type UclValue } from '../../ucl/index.ts';
import { linesOf, type MapWorld, openMap, wholeLinesOf } from '../maps/index.ts';
import { Networks } from '../networks.ts';
import { compileRegexp, type Regexp, Subject, takeApart } from '../regexp/index.ts';
import { numberOption, textsOf } from './options.ts';

/** What maps need of the world. */
export interface MapContext {
  readonly stateFolder: string;
  readonly logger: Logger;
  section(name: string): UclObject | undefined;
  /** Is told of sources that cannot be used. */
  problem(text: string): void;
}

/** Seconds between two questions to a web server (rspamd: conf/options.inc, map_watch_interval). */
const usualInterval = 300;
const shortestInterval = 1;

/** Reads maps as configurations write them (rspamd: lualib/lua_maps.lua). */
export class MapReader {
  readonly #problem: (text: string) => void;
  readonly #world: MapWorld;

  constructor({ stateFolder, logger, section, problem }: MapContext) {
    this.#problem = problem;
    const seconds = numberOption(section('options'), 'map_watch_interval') ?? usualInterval;
    this.#world = {
      stateFolder,
      interval: Math.max(seconds, shortestInterval) * 1000,
      failed: (text) => logger.log('warning', 'map', 'map', '', text),
    };
  }

  /** A set of names, in lower case. */
  names(value: UclValue): (name: string) => boolean {
    const names = this.#made(value, (lines) => new Set(lines.map((line) => firstWord(line).toLowerCase())));
    return (name) => names().has(name.toLowerCase());
  }

  /**
   * Values of keys, which may have stars and question marks; the first line that fits counts. Sources with `regexp;`
   * before them have regular expressions instead (rspamd: lualib/lua_maps.lua:maybe_adjust_type).
   */
  values(value: UclValue): (key: string) => string | undefined {
    if (textsOf(insideOf(value)).some((text) => /^(?:re|regexp)(?:_multi)?;/.test(text))) return this.regexps(value);
    const made = this.#made(value, (lines) => {
      const pairs = lines.map((line): readonly [string, string] => {
        const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
        return [name.toLowerCase(), rest];
      });
      const globs = pairs.filter(([name]) => /[*?]/.test(name)).map(([name, rest]) => [globOf(name), rest] as const);
      return { exact: new Map(pairs.toReversed()), globs };
    });
    return (key) => {
      const { exact, globs } = made();
      const wanted = key.toLowerCase();
      return exact.get(wanted) ?? globs.find(([pattern]) => pattern.test(wanted))?.[1];
    };
  }

  /** Values of regular expressions, `/…/i value`; the first line that fits counts. */
  regexps(value: UclValue): (text: string) => string | undefined {
    const patterns = this.#made(value, (lines) => lines.flatMap((line) => this.#pattern(line)));
    return (text) => {
      const subject = new Subject(text);
      return patterns().find(([pattern]) => pattern.test(subject))?.[1];
    };
  }

  /** A set of addresses and networks. */
  networks(value: UclValue): (ip: string) => boolean {
    const networks = this.#made(value, (lines) => new Networks(lines.map(firstWord), 'a map', this.#problem));
    return (ip) => networks().has(ip);
  }

  /** What a function makes of all lines as they are, anew when they change. */
  whole<T>(source: UclValue | string, make: (lines: readonly string[]) => T): () => T {
    return this.#made(source, make, wholeLinesOf);
  }

  #pattern(line: string): [pattern: Regexp, value: string][] {
    const [, written = '', rest = ''] = /^(\/(?:\\.|[^\\/])*\/[A-Za-z]*|\S+)\s*(.*)$/s.exec(line) ?? [];
    try {
      return [[compileRegexp(takeApart(written)), rest]];
    } catch (cause) {
      this.#world.failed(`a map has ${written}: ${(cause as Error).message}`);
      return [];
    }
  }

  /** What is made of the lines of a map, anew when they change. */
  #made<T>(given: UclValue | string, make: (lines: readonly string[]) => T, readLines = linesOf): () => T {
    const texts = typeof given === 'string' ? [given] : textsOf(insideOf(given));
    const source = openMap(texts, this.#world, this.#problem, readLines);
    let version = -1;
    let made: T | undefined;
    return () => {
      const entries = source();
      if (entries.version !== version) {
        version = entries.version;
        made = make(entries.lines);
      }
      return made as T;
    };
  }
}

/** What an object says of its sources. */
function insideOf(given: UclValue): UclValue {
  const value = first(given) ?? given;
  return value.type === 'object' ? (get(value, 'urls') ?? get(value, 'url') ?? get(value, 'data') ?? value) : value;
}

function firstWord(line: string): string {
  return line.split(/[ \t]/)[0] as string;
}

function globOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
