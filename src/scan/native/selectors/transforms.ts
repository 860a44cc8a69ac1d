import { type ByteString, lowerAscii, lowerUtf8, parseInetAddress } from '../../message/index.ts';
import { compileRegexp, Subject, takeApart } from '../../regexp/index.ts';
import { ipBytes, maskedIp } from '../ip.ts';
import type { Arguments } from './arguments.ts';
import { digestAlgorithms, digestEncodings, digestOf } from './digest.ts';
import { type Item, type Member, text, textOf, texts, type Value, valueOfMember } from './value.ts';
import type { SelectorWorld } from './world.ts';

/** One step of a selector; undefined ends it. */
export type Transform = (value: Value) => Value | undefined;

type Maker = (args: Arguments, world: SelectorWorld) => Transform;

/** rspamd: lualib/lua_selectors/transforms.lua */
export const transforms: Readonly<Record<string, Maker>> = {
  lower: () => each(lowerAscii),
  lower_utf8: () => each(lowerUtf8),
  first: () => ofList((items) => items[0]),
  last: () => ofList((items) => items.at(-1)),
  nth: (args) => {
    const at = wholeNumber(args, 0) ?? 1;
    return ofList((items) => items[at - 1]);
  },
  take_n: (args) => {
    const count = wholeNumber(args, 0) ?? 1;
    return list((items) => items.slice(0, count));
  },
  drop_n: (args) => {
    const count = wholeNumber(args, 0) ?? 1;
    return list((items) => items.slice(count));
  },
  join: (args) => {
    const separator = args.text(0) ?? '';
    return ofStrings((items) => text(items.join(separator)));
  },
  join_nth: (args) => {
    const [count, separator] = [wholeNumber(args, 0) ?? 1, args.text(1) ?? ''];
    return ofStrings((items) => {
      const groups = Array.from({ length: Math.ceil(items.length / count) }, (_, at) =>
        items.slice(at * count, (at + 1) * count).join(separator),
      );
      return texts(groups);
    });
  },
  join_tables: (args) => {
    const separator = args.text(0) ?? '';
    return (value) => (value.list ? texts(value.items.map((item) => columns(item).join(separator))) : undefined);
  },
  sort: () => list((items) => items.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0))),
  uniq: () => list((items) => [...new Map(items.map((item) => [textOf(item), item])).values()]),
  digest: (args) => {
    const encoding = args.choice(0, digestEncodings) ?? 'hex';
    const algorithm = args.choice(1, digestAlgorithms) ?? 'blake2';
    return each((item) => digestOf(Buffer.from(item, 'latin1'), encoding, algorithm));
  },
  substring: (args) => {
    const [start, end] = [args.number(0) ?? 1, args.number(1) ?? -1];
    return each((item) => substring(item, start, end));
  },
  prepend: (args) => {
    const given = args.texts().join('');
    return each((item) => given + item);
  },
  append: (args) => {
    const given = args.texts().join('');
    return each((item) => item + given);
  },
  regexp: matches,
  match: matches,
  filter_map: (args, { map }) => {
    const name = args.needed(0);
    return each((item) => (map(name, item) === undefined ? undefined : item));
  },
  except_map: (args, { map }) => {
    const name = args.needed(0);
    return each((item) => (map(name, item) === undefined ? item : undefined));
  },
  apply_map: (args, { map }) => {
    const name = args.needed(0);
    return each((item) => map(name, item));
  },
  id: (args) => {
    const given = args.texts();
    const value = given.length > 1 ? texts(given) : text(given[0] ?? '');
    return () => value;
  },
  equal: (args) => {
    const wanted = args.needed(0);
    return each((item) => (item === wanted ? item : undefined));
  },
  in: (args) => {
    const wanted = new Set(args.texts());
    return each((item) => (wanted.has(item) ? item : undefined));
  },
  not_in: (args) => {
    const unwanted = new Set(args.texts());
    return each((item) => (unwanted.has(item) ? undefined : item));
  },
  // What is there is inverted to nothing, and nothing never gets here.
  inverse: () => () => undefined,
  ipmask: (args) => {
    const bits4 = wholeNumber(args, 0);
    const bits6 = wholeNumber(args, 1) ?? bits4;
    if (bits4 === undefined || bits6 === undefined) throw new Error('ipmask needs a number of bits');
    return each((item) => masked(item, bits4, bits6));
  },
  to_ascii: (args) => {
    const given = args.text(0) ?? '?';
    return each((item) => item.replace(/[\x80-\xff]/g, () => given));
  },
  get_tld: (_, { suffixes }) => each((item) => suffixes.registered(lowerAscii(item)) || item),
  pack_numbers: (args) => {
    const format = args.text(0) ?? 'f';
    const write = packers[format];
    if (write === undefined)
      throw new Error(`pack_numbers writes ${Object.keys(packers).join(', ')}, not ${JSON.stringify(format)}`);
    return ofStrings((items) => text(Buffer.concat(items.map((item) => write(Number(item)))).toString('latin1')));
  },
  filter_string_nils: () => ofStrings((items) => texts(items.filter((item) => item !== 'nil'))),
  filter_method: (args) => {
    const name = args.needed(0);
    return list((items) => items.filter((item) => isTrue(memberOf(item, name, []))));
  },
};

/** Transforms that get objects, not the texts that stand for them; they come first. */
export const objectTransforms: Readonly<Record<string, Maker>> = {
  apply_methods: (args) => {
    const names = args.texts();
    return (value) => {
      if (value.list) return texts(value.items.flatMap((item) => resultsOf(item, names)));
      return texts(resultsOf(value.item, names));
    };
  },
};

/** `:name(args)`: a field or a method of what was extracted; of a list that of each. */
export function methodCall(name: string, args: readonly ByteString[]): Transform {
  return (value) => {
    if (!value.list) return valueOfMember(memberOf(value.item, name, args));
    const members = value.items.map((item) => valueOfMember(memberOf(item, name, args)));
    return texts(
      members.flatMap((member) => {
        if (member === undefined) return [];
        return member.list ? member.items.map(textOf) : [textOf(member.item)];
      }),
    );
  };
}

function memberOf(item: Item, name: string, args: readonly ByteString[]): Member {
  return typeof item === 'string' ? stringMethod(item, name, args) : item.member(name, args);
}

/** Methods that strings of Lua have. */
function stringMethod(item: ByteString, name: string, args: readonly ByteString[]): Member {
  switch (name) {
    case 'lower':
      return lowerAscii(item);
    case 'upper':
      return item.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    case 'len':
      return item.length;
    case 'reverse':
      return [...item].reverse().join('');
    case 'sub':
      return substring(item, Number(args[0] ?? 1), Number(args[1] ?? -1));
    default:
      return undefined;
  }
}

function resultsOf(item: Item, names: readonly string[]): ByteString[] {
  return names.flatMap((name) => {
    const member = memberOf(item, name, []);
    if (!isTrue(member)) return [];
    return typeof member === 'object' ? member : [String(member)];
  });
}

function isTrue(member: Member): boolean {
  return member !== undefined && member !== false;
}

/** Of an object its columns, else the item alone. */
function columns(item: Item): readonly ByteString[] {
  if (typeof item === 'string') return [item];
  const found: ByteString[] = [];
  for (let at = 1; ; at++) {
    const member = item.member(String(at), []);
    if (member === undefined) return found.length === 0 ? [item.text] : found;
    found.push(String(member));
  }
}

/** Of a text, or of each of a list; of a list those stay for which there is something. */
function each(change: (item: ByteString) => ByteString | undefined): Transform {
  return (value) => {
    if (!value.list) return text(change(textOf(value.item)));
    return texts(value.items.flatMap((item) => change(textOf(item)) ?? []));
  };
}

function list(change: (items: readonly Item[]) => readonly Item[]): Transform {
  return (value) => (value.list ? { ...value, items: change(value.items) } : undefined);
}

function ofList(pick: (items: readonly Item[]) => Item | undefined): Transform {
  return (value) => {
    const item = value.list ? pick(value.items) : undefined;
    return item === undefined ? undefined : { list: false, kind: value.kind, item };
  };
}

function ofStrings(change: (items: readonly ByteString[]) => Value | undefined): Transform {
  return (value) => (value.list ? change(value.items.map(textOf)) : undefined);
}

/** Matches of one text that count. */
const maxMatches = 1000;
/** Bytes of one text that are searched: a field can have as many as the message. */
const maxSearched = 1024 * 1024;

/** All matches, of each the whole and its groups. */
function matches(args: Arguments): Transform {
  const pattern = compileRegexp(takeApart(args.needed(0)));
  const search = (item: ByteString): readonly ByteString[] => {
    const subject = new Subject(item.slice(0, maxSearched));
    const found: ByteString[] = [];
    for (let from = 0, count = 0; count < maxMatches; count++) {
      const match = pattern.exec(subject, from);
      if (match === undefined) break;
      found.push(...match.groups.filter((group) => group !== undefined));
      from = Math.max(match.end, from + 1);
    }
    return found;
  };
  return (value) => {
    const found = value.list ? value.items.flatMap((item) => search(textOf(item))) : search(textOf(value.item));
    return found.length === 0 ? undefined : texts(found);
  };
}

/** As Lua counts: from 1, from the end where it is below 0. */
function substring(item: ByteString, start: number, end: number): ByteString {
  const from = start < 0 ? Math.max(item.length + start, 0) : Math.max(start - 1, 0);
  const to = end < 0 ? item.length + end + 1 : end;
  return item.slice(from, Math.max(to, from));
}

function masked(item: ByteString, bits4: number, bits6: number): ByteString | undefined {
  const address = parseInetAddress(item)?.text;
  const bytes = address === undefined ? undefined : ipBytes(address);
  if (bytes === undefined) return undefined;
  return maskedIp(bytes, bytes.length === 4 ? bits4 : bits6);
}

function wholeNumber(args: Arguments, at: number): number | undefined {
  const given = args.number(at);
  if (given !== undefined && (given < 0 || !Number.isInteger(given)))
    throw new Error(`a number of things is wanted, not ${given}`);
  return given;
}

const packers: Readonly<Record<string, (value: number) => Buffer>> = {
  f: (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return bytes;
  },
  d: (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes;
  },
  b: (value) => Buffer.from([value & 0xff]),
  B: (value) => Buffer.from([value & 0xff]),
  i: (value) => int32(value),
  I: (value) => int32(value),
};

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(Math.trunc(value) | 0);
  return bytes;
}
