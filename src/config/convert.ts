import { items, type Position, text, typeName, type UclObject, type UclValue } from '../ucl/index.ts';
import { chunkOf } from './chunk.ts';
import { publicKey, readKeypair } from './keys.ts';
import { head, walk } from './lookup.ts';
import type { ChoiceOption, Kind, Kinds } from './option.ts';

/** `because` makes the message from the option's name; `hint` says how to mend it, `at` what inside the value is meant. */
export type Converted<T> =
  | { readonly ok: T }
  | { readonly because: (key: string) => string; readonly hint?: string; readonly at?: Position };

const ok = <T>(value: T): Converted<T> => ({ ok: value });

function refuse(value: UclValue, to: string): Converted<never> {
  const hint = hintFor(value, to);
  return {
    because: (key) => `cannot convert ${typeName(value)} to ${to} in option ${key}`,
    ...(hint !== undefined && { hint }),
  };
}

const scalars: ReadonlySet<string> = new Set(['integer', 'double', 'boolean']);

/** A number in quotes, and a number whose suffix UCL does not see, are the usual causes. */
function hintFor(value: UclValue, to: string): string | undefined {
  if (value.type !== 'string' || !scalars.has(to)) return undefined;
  const shown = text(value.value);
  if (value.style !== 'bare') return `write ${shown} without quotes`;
  if (to === 'boolean') return 'write true or false';
  const [, suffix] = /^-?[\d.]+([a-z]+)$/i.exec(value.value) ?? [];
  if (suffix === undefined) return `${shown} is text, and a number is needed`;
  return suffixes.has(suffix.toLowerCase())
    ? `the blank after ${shown} makes it text: write ${shown}; or end the line there`
    : `${suffix} is no suffix of a number: time has ms, s, min, h, d, w or y, sizes have k, m, g, kb, mb or gb`;
}

const suffixes: ReadonlySet<string> = new Set([
  ...['ms', 's', 'min', 'h', 'd', 'w', 'y'],
  ...['k', 'm', 'g', 'kb', 'mb', 'gb'],
]);

/** Numbers as the original prints them into strings: `%f` for what is not an integer. */
function scalarText(value: UclValue): string | undefined {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'int':
      return value.value.toString();
    case 'float':
      return value.value.toFixed(6);
    case 'boolean':
      return value.value ? 'true' : 'false';
    default:
      return undefined;
  }
}

/** Everything after a NUL is lost on a reader written in C. */
const upToNul = (value: string): string => value.split('\0', 1)[0] ?? '';

function toText(value: UclValue): Converted<string | undefined> {
  // A null clears what was set before.
  if (value.type === 'null') return ok(undefined);
  const found = scalarText(value);
  return found === undefined ? refuse(value, 'string') : ok(upToNul(found));
}

function toNumber(value: UclValue): number | undefined {
  if (value.type === 'int') return Number(value.value);
  return value.type === 'float' || value.type === 'time' ? value.value : undefined;
}

function toInteger(value: UclValue): Converted<number> {
  const number = toNumber(value);
  return number === undefined || Number.isNaN(number) ? refuse(value, 'integer') : ok(Math.trunc(number));
}

function toDouble(value: UclValue): Converted<number> {
  const number = toNumber(value);
  return number === undefined ? refuse(value, 'double') : ok(number);
}

function toTime(value: UclValue): Converted<number> {
  const number = toNumber(value);
  return number === undefined ? refuse(value, 'double') : ok(Math.round(number * 1_000_000) / 1000);
}

function toFlag(value: UclValue): Converted<boolean> {
  if (value.type === 'boolean') return ok(value.value);
  return value.type === 'int' ? ok(value.value !== 0n) : refuse(value, 'boolean');
}

function toStrictFlag(value: UclValue): Converted<boolean> {
  if (value.type === 'boolean') return ok(value.value);
  return {
    because: (key) => `${key} is true for a bare true, yes or on only; this ${typeName(value)} means false`,
    hint: 'write true or false, without quotes',
  };
}

function toList(value: UclValue): Converted<readonly string[]> {
  const found: string[] = [];
  for (const item of walk(value)) {
    const one = scalarText(item);
    if (one === undefined) return refuse(value, 'a string list');
    found.push(
      ...(item.type === 'string'
        ? upToNul(one)
            .split(/[, ]+/)
            .filter((part) => part !== '')
        : [one]),
    );
  }
  return ok(found);
}

function toTexts(value: UclValue): Converted<readonly string[]> {
  const found: string[] = [];
  for (const item of items(value).flatMap((one) => (one.type === 'array' ? one.items : [one]))) {
    const one = scalarText(item);
    if (one === undefined) return refuse(value, 'a string list');
    found.push(upToNul(one));
  }
  return ok(found);
}

/** Members of an object, each by a conversion of its own; the first that cannot be used spoils the whole. */
function toMembers<T>(convertOne: (value: UclValue) => Converted<T>) {
  return (value: UclValue): Converted<ReadonlyMap<string, T>> => {
    if (value.type !== 'object') return refuse(value, 'object');
    const found = new Map<string, T>();
    for (const [name, { value: member, at }] of value.entries) {
      const converted = convertOne(member);
      if (!('ok' in converted)) {
        const { because, hint } = converted;
        return { because: (key) => because(`${key}.${name}`), ...(hint !== undefined && { hint }), at };
      }
      found.set(name, converted.ok);
    }
    return ok(found);
  };
}

const toFlags = toMembers((value) => toFlag(head(value)));

function toNames(value: UclValue): Converted<ReadonlySet<string>> {
  const flags = toFlags(value);
  if (!('ok' in flags)) return flags;
  return ok(new Set([...flags.ok].flatMap(([name, holds]) => (holds ? [name] : []))));
}

function toMap(value: UclValue): Converted<UclValue> {
  return ['string', 'array', 'object'].includes(value.type) ? ok(value) : refuse(value, 'a map');
}

function toKeypair(value: UclValue): Converted<Kinds['keypair']> {
  if (value.type !== 'object') return { because: (key) => `no sane pubkey or privkey found in the keypair: ${key}` };
  const read = readKeypair(value as UclObject);
  if ('ok' in read) return read;
  return {
    because: (key) => `cannot load the keypair specified: ${key}; ${read.problem}`,
    hint: 'rspamadm keypair makes a new pair in the form that belongs here',
  };
}

function toPublicKey(value: UclValue): Converted<Buffer> {
  const bytes = value.type === 'string' ? publicKey(value.value) : undefined;
  if (bytes !== undefined) return ok(bytes);
  return {
    because: (key) => `no public key in base32 in option ${key}`,
    hint: `a public key has 52 letters and digits${value.type === 'string' ? `, this text has ${value.value.length}` : ' and is a string'}`,
  };
}

const converters: { readonly [K in Kind]: (value: UclValue) => Converted<Kinds[K] | undefined> } = {
  string: toText,
  chunk: (value) =>
    value.type === 'string'
      ? ok(chunkOf(value))
      : { because: (key) => `${key} option must be a string with file or lua chunk` },
  path: (value) => {
    const found = toText(value);
    return 'ok' in found && found.ok !== undefined ? ok(text(found.ok)) : found;
  },
  flag: toFlag,
  strictFlag: toStrictFlag,
  integer: toInteger,
  double: toDouble,
  time: toTime,
  list: toList,
  texts: toTexts,
  weights: toMembers((value) => toDouble(head(value))),
  names: toNames,
  lists: toMembers(toTexts),
  map: toMap,
  maps: toMembers(toMap),
  keypair: toKeypair,
  publicKey: toPublicKey,
};

/** Turns a value into what its kind means, by the rules of the original; undefined where a null clears a string. */
export function convert<K extends Kind>(kind: K, value: UclValue): Converted<Kinds[K] | undefined> {
  return converters[kind](value);
}

/** The meaning of a word; undefined where it is not a string (which the original passes over). */
export function convertChoice(option: ChoiceOption, value: UclValue): Converted<string | undefined> {
  if (value.type !== 'string') return { because: (key) => `${key} option must be a string` };
  const word = upToNul(value.value);
  const meaning = Object.hasOwn(option.choices, word.toLowerCase())
    ? option.choices[word.toLowerCase()]
    : option.otherwise;
  if (meaning !== undefined) return ok(meaning);
  return {
    because: () => `${option.complaint}: ${word}`,
    hint: `one of ${[...new Set(Object.values(option.choices))].join(', ')}`,
  };
}
