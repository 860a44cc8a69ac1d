import type { moduleTables, Settings } from '../../../config/index.ts';
import { get, type UclValue } from '../../../ucl/index.ts';
import { type ByteString, type EmailAddress, lowerUtf8 } from '../../message/index.ts';
import { type MapReader, textOption } from '../../native/index.ts';

type Options = Settings<typeof moduleTables.aliases>;

/** What an address or a user stands for; undefined where it is no alias. */
type Targets = (key: ByteString) => readonly ByteString[] | undefined;

const nothing = (): undefined => undefined;

/** The operator's aliases, and domains of this machine (rspamd: lualib/lua_aliases.lua). */
export class AliasBook {
  readonly #maxDepth: number;
  readonly #virtual: Targets;
  readonly #own: Targets;
  readonly #users: Targets;
  readonly #isLocal: (domain: ByteString) => boolean;

  constructor(options: Options, maps: MapReader, problem: (text: string) => void) {
    const { system_aliases: system, virtual_aliases: virtual, local_domains: domains, rspamd_aliases: own } = options;
    const open = (name: string, value: UclValue, parse: Parser): Targets =>
      openSource(name, value, parse, maps, problem);
    this.#maxDepth = options.max_recursion_depth;
    this.#virtual = virtual === undefined ? nothing : open('virtual_aliases', virtual, virtualAliases);
    this.#users = system === undefined ? nothing : open('system_aliases', system, systemAliases);
    this.#own = (key) => own?.get(key);
    const find = domains === undefined ? nothing : open('local_domains', domains, localDomains);
    this.#isLocal = (domain) => find(domain) !== undefined;
  }

  isLocal(address: EmailAddress | undefined): boolean {
    return address !== undefined && address.domain !== '' && this.#isLocal(lowerUtf8(address.domain));
  }

  /** @returns what an address stands for at last: of several ones the first; undefined where it is no alias */
  resolve({ addr }: EmailAddress): { readonly user: ByteString; readonly domain: ByteString } | undefined {
    const seen = new Set<ByteString>();
    let current = lowerUtf8(addr);
    for (let depth = 1; depth <= this.#maxDepth && !seen.has(current); depth++) {
      seen.add(current);
      const [target] = this.#step(current) ?? [];
      if (target === undefined) break;
      current = target;
    }
    if (lowerUtf8(current) === lowerUtf8(addr)) return undefined;
    const [, user, domain] = /^([^@]+)@(.+)$/s.exec(current) ?? [];
    return user === undefined || domain === undefined ? undefined : { user, domain };
  }

  #step(address: ByteString): readonly ByteString[] | undefined {
    const [, user = '', domain] = /^([^@]+)@(.*)$/s.exec(address) ?? [];
    const targets = this.#virtual(address) ?? this.#own(address);
    if (targets !== undefined || domain === undefined) return targets;
    return this.#users(user)?.map((target) => (target.includes('@') ? target : `${target}@${domain}`));
  }
}

type Parser = (lines: readonly ByteString[]) => ReadonlyMap<ByteString, readonly ByteString[]>;

/** A file of that form, a map of keys and values, or entries in the configuration themselves. */
function openSource(
  name: string,
  value: UclValue,
  parse: Parser,
  maps: MapReader,
  problem: (text: string) => void,
): Targets {
  if (value.type === 'object') {
    const type = textOption(value, 'type') ?? 'file';
    if (type === 'map') {
      const find = maps.values(value);
      return (key) => {
        const found = find(key);
        return found === undefined ? undefined : [found];
      };
    }
    const path = get(value, 'path');
    if (type !== 'file' || path === undefined) {
      problem(`aliases: ${name} is left out: its type has to be "file" with a path, or "map" with a url`);
      return nothing;
    }
    return openSource(name, path, parse, maps, problem);
  }
  const entries = maps.whole(value, parse);
  return (key) => entries().get(key);
}

/** `alias: target, target`; a backslash at its end takes the next line in. Programs and files are left out. */
const systemAliases: Parser = (lines) => {
  const aliases = new Map<ByteString, readonly ByteString[]>();
  for (const line of joined(lines)) {
    const [, name = '', rest = ''] = /^\s*([^:#\s][^:]*?)\s*:\s*(.*)$/s.exec(line) ?? [];
    const targets = rest
      .split(',')
      .map((target) => lowerUtf8(target.trim()))
      .filter((target) => target !== '' && !/^(?::include:|[|/])/.test(target));
    if (name !== '' && targets.length > 0) aliases.set(lowerUtf8(name), targets);
  }
  return aliases;
};

function joined(lines: readonly ByteString[]): ByteString[] {
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\\\n/g, '')
    .split('\n');
}

/** `address target`, further words do not count. */
const virtualAliases: Parser = (lines) => {
  const pairs = lines.flatMap((line): (readonly [ByteString, readonly ByteString[]])[] => {
    const [, from, to] = /^\s*([^#\s]\S*)\s+(\S+)/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [[lowerUtf8(from), [lowerUtf8(to)]]];
  });
  return new Map(pairs);
};

const localDomains: Parser = (lines) =>
  new Map(
    lines.flatMap((line) => {
      const domain = /^\s*([^#\s]\S*)/.exec(line)?.[1];
      return domain === undefined ? [] : [[lowerUtf8(domain), []] as const];
    }),
  );
