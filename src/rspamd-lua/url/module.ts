import { checkString, type LuaResult, LuaTable, none, runtimeError, toText, Userdata } from '../../lua/index.ts';
import { findUrls, Url, urlFlags } from '../../scan/index.ts';
import { type ClassDefinition, checkObject, unwrap, wrap } from '../classes.ts';
import { poolClass } from '../config/pool.ts';
import { xxh3 } from '../crypto/xxh3.ts';
import { moduleTable } from '../modules.ts';
import { pairs, record } from '../tables.ts';
import { newText } from '../text/class.ts';
import { bytesOf } from '../text/text.ts';
import type { World } from '../world.ts';

const orNil = (text: string): string | undefined => (text === '' ? undefined : text);
const portOf = ({ parts }: Url): number | undefined => (parts.port === 0 ? undefined : parts.port);
const protocolOf = ({ protocol }: Url): string | undefined => (protocol === 'unknown' ? undefined : protocol);

const urlClass: ClassDefinition<Url> = {
  name: 'rspamd{url}',
  constructor: Url,
  methods: (world) => ({
    get_length: (self) => self.text.length,
    get_text: (self, args) => (args[1] === true ? newText(world, self.text) : self.text),
    get_raw: (self) => self.raw,
    get_host: (self) => orNil(self.host),
    get_port: portOf,
    get_user: (self) => orNil(self.parts.user),
    get_path: (self) => orNil(self.parts.path),
    get_query: (self) => orNil(self.parts.query),
    get_fragment: (self) => orNil(self.parts.fragment),
    get_tld: (self) => orNil(self.tld),
    get_protocol: protocolOf,
    get_count: (self) => self.count,
    // the original's hash has another seed in each process
    get_hash: (self) => Number(xxh3(Buffer.from(self.text, 'latin1'), 0n)),
    get_visible: (self) => self.visible,
    get_order: (self) => self.order,
    get_part_order: (self) => self.partOrder,
    get_query_embedded_urls: (self) => self.embedded,
    get_flags: (self) => {
      const table = new LuaTable();
      for (const name of self.flagNames) table.set(name, true);
      return table;
    },
    get_flags_num: (self) => self.flags,
    get_phished: linked(world),
    get_redirected: linked(world),
    set_redirected: (self, args) => {
      const target = unwrap(urlClass, args[1]) ?? firstUrl(world, toText(args[1]) ?? '');
      if (target === undefined) return undefined;
      self.add('redirected');
      self.linked = target;
      return wrap(world, urlClass, target);
    },
    is_phished: (self) => self.has('phished'),
    is_redirected: (self) => self.has('redirected'),
    is_obscured: (self) => self.has('obscured'),
    is_html_displayed: (self) => self.has('html_displayed'),
    is_subject: (self) => self.has('subject'),
    to_http: httpText,
    to_table: urlTable,
    __tostring: shown,
    tostring: shown,
    __eq: (self, args) => self.text === checkObject(urlClass, args, 2).text,
    __lt: (self, args) => self.text < checkObject(urlClass, args, 2).text,
  }),
};

/** The URL that this one pretends to be, or leads to. */
const linked =
  (world: World) =>
  (self: Url): LuaResult =>
    self.linked !== undefined && (self.has('phished') || self.has('redirected'))
      ? wrap(world, urlClass, self.linked)
      : undefined;

function shown(self: Url): string {
  if (self.isMail) return `${self.parts.user}@${self.host}`;
  return self.text.replace(/[\0- ]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Without the fragment, and without a user (rspamd: src/lua/lua_url.c:lua_url_to_http). */
function httpText(self: Url): string | undefined {
  if (self.isMail) return undefined;
  const { scheme, user, host, path, query, fragment } = self.parts;
  if (user === '') return fragment === '' ? self.text : self.text.slice(0, -fragment.length).replace(/#+$/, '');
  const port = portOf(self);
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}/${path}${query === '' ? '' : `?${query}`}`;
}

function urlTable(self: Url): LuaTable {
  const { user, path, query, fragment } = self.parts;
  return record({
    url: self.text,
    host: orNil(self.host),
    port: portOf(self),
    tld: orNil(self.tld),
    user: orNil(user),
    path: orNil(path),
    query: orNil(query),
    fragment: orNil(fragment),
    protocol: self.protocol,
  });
}

function firstUrl(world: World, text: string): Url | undefined {
  let found: Url | undefined;
  findUrls(text, 'all', world.suffixes(), (url) => {
    found = url;
    return false;
  });
  return found;
}

/** The module `rspamd_url` (rspamd: src/lua/lua_url.c). */
export function urlModule(world: World): LuaTable {
  const table = moduleTable({
    init: (...args) => {
      checkString(args, 1); // the list of suffixes is loaded when it is needed
      return none();
    },
    create: (...args) => {
      const index = args[0] instanceof Userdata && args[0].value !== undefined && isPool(args[0]) ? 2 : 1;
      const text = bytesOf(args, index);
      if (text === undefined) {
        throw runtimeError(
          `invalid arguments: string/text is expected as the ${index === 1 ? 'first' : 'second'} argument`,
        );
      }
      const url = firstUrl(world, text);
      if (url === undefined) return undefined;
      const flags = args[2];
      if (flags instanceof LuaTable) for (const [, name] of pairs(flags)) url.flags |= flagOf(toText(name) ?? '');
      return wrap(world, urlClass, url);
    },
    all: (...args) => {
      checkObject(poolClass, args, 1);
      const list = new LuaTable();
      findUrls(checkString(args, 2), 'all', world.suffixes(), (url) => {
        list.append(wrap(world, urlClass, url));
        return true;
      });
      return list;
    },
  });
  table.set('flags', record(urlFlags));
  return table;
}

const isPool = (value: Userdata): boolean => unwrap(poolClass, value) !== undefined;

function flagOf(name: string): number {
  const known: Readonly<Record<string, number>> = urlFlags;
  if (!Object.hasOwn(known, name)) throw runtimeError(`invalid flag: ${name}`);
  return known[name] as number;
}
