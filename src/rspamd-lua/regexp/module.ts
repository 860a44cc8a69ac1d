import {
  checkInteger,
  checkString,
  type LuaResult,
  LuaTable,
  type LuaValue,
  none,
  optionalString,
  runtimeError,
  toNumber,
  Userdata,
} from '../../lua/index.ts';
import { type ClassDefinition, type Method, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { newText } from '../text/class.ts';
import { bytesOf, Text } from '../text/text.ts';
import type { World } from '../world.ts';
import { compile, type Match, Regexp } from './regexp.ts';
import { escapePattern } from './syntax.ts';

const regexpClass: ClassDefinition<Regexp> = {
  name: 'rspamd{regexp}',
  constructor: Regexp,
  methods: (world) => ({
    __tostring: (self) => (self.isDestroyed ? undefined : self.pattern),
    get_pattern: (self) => (self.isDestroyed ? undefined : self.pattern),
    set_limit: (self, args) => {
      self.limit = Math.max(0, Math.trunc(toNumber(args[1]) ?? 0));
      return none();
    },
    set_max_hits: (self, args) => {
      const before = self.maxHits;
      self.maxHits = checkInteger(args, 2);
      return before;
    },
    get_max_hits: (self) => self.maxHits,
    match: living((self, args) => self.search(subjectOf(args)) !== undefined),
    matchn: living((self, args) => {
      const most = args[2] === undefined ? 0 : checkInteger(args, 3);
      let count = 0;
      for (const _ of matches(self, subjectOf(args))) {
        count++;
        if (most >= 0 && count >= most) break;
      }
      return count;
    }),
    search: living((self, args) => {
      const found = new LuaTable();
      for (const { groups } of matches(self, subjectOf(args))) {
        found.append(isTrue(args[3]) ? LuaTable.of(...groups) : groups[0]);
      }
      return found.length() === 0 ? undefined : found;
    }),
    split: living((self, args) => split(world, self, args)),
    destroy: (self) => {
      self.isDestroyed = true;
      const { regexps } = cacheOf(world);
      for (const [key, known] of regexps) if (known === self) regexps.delete(key);
      return none();
    },
  }),
};

function living(method: Method<Regexp>): Method<Regexp> {
  return (self, args) => {
    if (self.isDestroyed) throw runtimeError('invalid arguments');
    return method(self, args);
  };
}

const isTrue = (value: LuaValue): boolean => value !== undefined && value !== false;

/** What is searched: nothing for a value that is neither string nor text. */
const subjectOf = (args: readonly LuaValue[]): string => bytesOf(args, 2) ?? '';

/** One match behind the other, until one is empty. */
function* matches(self: Regexp, subject: string): Generator<Match> {
  for (let match = self.search(subject); match !== undefined; match = self.search(subject, match.end)) {
    yield match;
    if (match.start >= match.end) return;
  }
}

/** rspamd: src/lua/lua_regexp.c:lua_regexp_split */
function split(world: World, self: Regexp, args: readonly LuaValue[]): LuaResult {
  const subject = subjectOf(args);
  if (subject === '') return undefined;
  const isText = args[1] instanceof Userdata && args[1].value instanceof Text;
  const parts = new LuaTable();
  const add = (part: string): void => parts.append(isText ? newText(world, part) : part);
  let before = 0;
  let end = 0;
  for (let match = self.search(subject); match !== undefined; match = self.search(subject, match.end)) {
    end = match.end;
    if (match.start > before) add(subject.slice(before, match.start));
    else if (match.start >= match.end) break;
    before = match.end;
  }
  if (end < subject.length) add(subject.slice(end));
  return parts.length() === 0 ? undefined : parts;
}

/** Expressions that scripts share by their text. */
interface Cache {
  readonly regexps: Map<string, Regexp>;
}

const caches = new WeakMap<World, Cache>();

function cacheOf(world: World): Cache {
  let cache = caches.get(world);
  if (cache === undefined) {
    cache = { regexps: new Map() };
    caches.set(world, cache);
  }
  return cache;
}

/** The module `rspamd_regexp` (rspamd: src/lua/lua_regexp.c). */
export function regexpModule(world: World): LuaTable {
  const create = (text: string, pattern: string, flags: string | undefined, fn: string): LuaResult => {
    const compiled = compile(pattern, flags);
    if (compiled instanceof Regexp) return wrap(world, regexpClass, compiled);
    world.logger.log('info', '', fn, '', `cannot parse regexp: ${text}, error: ${compiled.problem}`);
    return undefined;
  };
  const given = (args: readonly LuaValue[]): { text: string; flags: string | undefined; key: string } => {
    const text = checkString(args, 1);
    const flags = optionalString(args, 2, undefined);
    return { text, flags, key: `${text}\0${flags ?? ''}` };
  };
  const cached = (key: string): LuaResult => {
    const known = cacheOf(world).regexps.get(key);
    return known === undefined ? undefined : wrap(world, regexpClass, known);
  };
  return moduleTable({
    create: (...args) => {
      const { text, flags } = given(args);
      return create(text, text, flags, 'lua_regexp_create');
    },
    import_glob: (...args) => {
      const { text, flags } = given(args);
      return create(text, escapePattern(text, true), flags, 'lua_regexp_import_glob');
    },
    import_plain: (...args) => {
      const { text, flags } = given(args);
      return create(text, escapePattern(text, false), flags, 'lua_regexp_import_plain');
    },
    get_cached: (...args) => cached(given(args).key),
    create_cached: (...args) => {
      const { text, flags, key } = given(args);
      const known = cached(key);
      if (known !== undefined) return known;
      const made = create(text, text, flags, 'lua_regexp_create_cached');
      if (made instanceof Userdata && made.value instanceof Regexp) cacheOf(world).regexps.set(key, made.value);
      return made;
    },
  });
}
