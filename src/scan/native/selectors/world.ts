import type { ByteString, PublicSuffixes } from '../../message/index.ts';

/** What selectors know beside the message. */
export interface SelectorWorld {
  readonly suffixes: PublicSuffixes;
  /** What a map has for a key, by its `selector_alias`. */
  map(name: string, key: ByteString): ByteString | undefined;
}
