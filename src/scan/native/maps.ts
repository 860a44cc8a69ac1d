import type { Logger } from '../../message/log.ts';
import { first, get, type UclObject, type UclValue } from '../../ucl/index.ts';
import { type Entries, type MapWorld, openMap } from '../maps/index.ts';
import { Networks } from '../networks.ts';
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

/** Reads maps as configurations write them, (rspamd: lualib/lua_maps.lua). */
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
    return openMap(textsOf(inner), this.#world, this.#problem);
  }
}

function globOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
