import type { UclObject } from '../../../ucl/index.ts';
import { flagOption, numberOption, sectionOption, textOption, textsOption } from '../options.ts';

/** One Redis server, or several that have the same data. */
export interface RedisSettings {
  /** `host:port` or a path, byte strings as in `hosts`. */
  readonly readServers: readonly string[];
  /** None where they are only read. */
  readonly writeServers: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
  /** Milliseconds for a command. */
  readonly timeout: number;
}

/** What names sections. */
export interface RedisWorld {
  section(name: string): UclObject | undefined;
  problem(text: string): void;
}

/**
 * Servers of a module: its own ones, whose other options section `redis` may complete, or those of that section
 * (rspamd: lualib/lua_redis.lua:rspamd_parse_redis_server).
 */
export function redisOfModule(name: string, own: UclObject | undefined, world: RedisWorld): RedisSettings | undefined {
  const common = world.section('redis');
  const more = [sectionOption(common, name), common];
  const used = redisOfPlaces([sectionOption(own, 'redis')], world.problem, more);
  if (used !== undefined) return used;
  const near = redisOfPlaces([own], world.problem, more);
  if (near !== undefined) return near;
  const isDisabled = textsOption(common, 'disabled_modules')?.includes(name) === true;
  const place = sectionOption(common, name) ?? (isDisabled ? undefined : common);
  return redisOfPlaces([place], world.problem);
}

/**
 * The first place that names servers.
 * @param more where options are that it has not
 */
export function redisOfPlaces(
  places: ReadonlyArray<UclObject | undefined>,
  problem: (text: string) => void,
  more: ReadonlyArray<UclObject | undefined> = [],
): RedisSettings | undefined {
  for (const place of places) {
    if (place === undefined) continue;
    const servers = hostsOf(place, 'servers') ?? hostsOf(place, 'server');
    const readServers = hostsOf(place, 'read_servers') ?? servers;
    if (readServers === undefined) continue;
    const text = (...names: readonly string[]): string | undefined => {
      for (const section of [place, ...more])
        for (const name of names) {
          const found = textOption(section, name);
          if (found !== undefined) return found;
        }
      return undefined;
    };
    if (text('sentinels') !== undefined) problem('redis: sentinels are not asked: name the servers');
    if (flagOption(place, 'ssl') === true) problem('redis: option ssl is not used: a server with TLS cannot be asked');
    const database = text('db', 'database', 'dbname');
    const timeout = [place, ...more]
      .map((section) => numberOption(section, 'timeout'))
      .find((one) => one !== undefined);
    return {
      readServers,
      writeServers: hostsOf(place, 'write_servers') ?? servers ?? [],
      username: text('username'),
      password: text('password'),
      database: database === undefined ? undefined : Number(database),
      timeout: (timeout ?? 1) * 1000,
    };
  }
  return undefined;
}

function hostsOf(section: UclObject, name: string): readonly string[] | undefined {
  const texts = textsOption(section, name)?.flatMap((text) => text.split(/[,;\s]+/));
  // A prefix says how to choose among them; all have the same data.
  const hosts = texts?.map((text) => text.replace(/^(?:round-robin|master-slave|random|hash|sequential):/, ''));
  const named = hosts?.filter((host) => host !== '');
  return named === undefined || named.length === 0 ? undefined : named;
}
