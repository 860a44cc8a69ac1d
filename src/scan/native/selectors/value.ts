import type { ByteString } from '../../message/index.ts';

/** What a member of a thing is; undefined where it has none. */
export type Member = ByteString | number | boolean | readonly ByteString[] | undefined;

/** What is no text: an address, a header, a URL … A `table` has fields, `userdata` has methods. */
export interface Thing {
  readonly kind: 'table' | 'userdata';
  /** What stands for it where a text is wanted. */
  readonly text: ByteString;
  /** A field, or what a method returns. @param args of the method */
  member(name: string, args: readonly ByteString[]): Member;
}

export type Item = ByteString | Thing;

/** What goes through a selector: one item or a list of items of the same kind. */
export type Value =
  | { readonly list: false; readonly kind: 'string' | Thing['kind']; readonly item: Item }
  | { readonly list: true; readonly kind: 'string' | Thing['kind']; readonly items: readonly Item[] };

/** An argument as written: text, `{a, b}` or `{a = b}`. */
export type Argument = ByteString | readonly Argument[] | { readonly [name: string]: Argument };

export function textOf(item: Item): ByteString {
  return typeof item === 'string' ? item : item.text;
}

export function text(item: ByteString | undefined): Value | undefined {
  return item === undefined ? undefined : { list: false, kind: 'string', item };
}

export function texts(items: readonly ByteString[]): Value {
  return { list: true, kind: 'string', items };
}

export function things(items: readonly Thing[]): Value | undefined {
  const [first] = items;
  return first === undefined ? undefined : { list: true, kind: first.kind, items };
}

export function thing(item: Thing | undefined): Value | undefined {
  return item === undefined ? undefined : { list: false, kind: item.kind, item };
}

/** A member as the next step gets it. */
export function valueOfMember(member: Member): Value | undefined {
  if (member === undefined) return undefined;
  return typeof member === 'object' ? texts(member) : text(String(member));
}
