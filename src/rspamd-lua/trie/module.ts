import {
  call,
  firstResult,
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  runtimeError,
  toNumber,
  toText,
} from '../../lua/index.ts';
import { type ClassDefinition, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { pairs, record } from '../tables.ts';
import { textBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { Trie, type TrieMatch, trieFlags } from './trie.ts';

const needsTask = (name: string) => (): never => {
  throw runtimeError(`rspamd_trie:${name} cannot be used here: there is no task`);
};

const trieClass: ClassDefinition<Trie> = {
  name: 'rspamd{trie}',
  constructor: Trie,
  methods: () => ({
    match: (self, args) => match(self, args),
    search_mime: needsTask('search_mime'),
    search_rawmsg: needsTask('search_rawmsg'),
    search_rawbody: needsTask('search_rawbody'),
  }),
};

/** What one value, or all values of a table, have to be searched. */
function textsOf(value: LuaValue): string[] {
  const one = (item: LuaValue): string[] => {
    const text = toText(item) ?? textBytes(item);
    return text === undefined ? [] : [text];
  };
  return value instanceof LuaTable ? [...pairs(value)].flatMap(([, item]) => one(item)) : one(value);
}

/** rspamd: src/lua/lua_trie.c:lua_trie_match */
function match(self: Trie, args: readonly LuaValue[]): LuaResult {
  const [, given, callback] = args;
  const texts = textsOf(given);
  if (typeof callback === 'function') {
    return texts.map((text) => tell(self.matches(text), callback, args[3] === true)).some((one) => one);
  }
  const found = new LuaTable();
  for (const text of texts) {
    for (const one of self.matches(text)) {
      const known = found.get(one.index + 1);
      const list = known instanceof LuaTable ? known : new LuaTable();
      list.append(place(one, callback === true));
      found.set(one.index + 1, list);
    }
  }
  return found;
}

const place = ({ start, end }: TrieMatch, withStart: boolean): LuaValue => (withStart ? LuaTable.of(start, end) : end);

/** A callback ends the search with a number other than 0. */
function tell(matches: readonly TrieMatch[], callback: LuaFunction, withStart: boolean): boolean {
  for (const one of matches) {
    const answer = firstResult(call(callback, one.index + 1, place(one, withStart)));
    if ((toNumber(answer) ?? 0) !== 0) return true;
  }
  return matches.length > 0;
}

/** The module `rspamd_trie`. */
export function trieModule(world: World): LuaTable {
  const table = moduleTable({
    create: (patterns, flags) => {
      if (!(patterns instanceof LuaTable)) throw runtimeError('lua trie expects array of patterns for now');
      const texts = [...pairs(patterns)].map(([, one]) => toText(one)).filter((one) => one !== undefined);
      try {
        return wrap(world, trieClass, new Trie(texts, toNumber(flags) ?? trieFlags.icase | trieFlags.glob));
      } catch (error) {
        const text = `cannot compile multipattern: ${(error as Error).message}`;
        world.logger.log('error', '', 'lua_trie_create', '', text);
        return undefined;
      }
    },
    has_hyperscan: () => false,
  });
  table.set('flags', record(trieFlags));
  return table;
}
