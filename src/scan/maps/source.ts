import { type PublicKey, readPublicKey } from '../../wire/crypt/index.ts';

/** What is made of the text of a map. */
export interface MapReading<T> {
  /** Of nothing. */
  readonly empty: T;
  read(text: string): T;
}

/** Where a map comes from. */
export type MapSource =
  | { readonly kind: 'inline'; readonly line: string }
  /** Entries that stand beside it in the configuration (`data`). */
  | { readonly kind: 'static' }
  | { readonly kind: 'file'; readonly path: string; readonly signature: Signature | undefined }
  /** Counts as long as nothing came from the network. */
  | { readonly kind: 'fallback'; readonly path: string; readonly signature: Signature | undefined }
  | { readonly kind: 'http'; readonly url: string; readonly key: PublicKey | undefined };

/** A signed file; without `key` that of the file with `.pub` behind its name counts. */
export interface Signature {
  readonly key: PublicKey | undefined;
}

/** Kinds of map, by the word that may stand before a source (rspamd: lualib/lua_maps.lua:maybe_adjust_type). */
const kindWords = {
  regexp: 'regexp',
  re: 'regexp',
  regexp_multi: 'regexp_multi',
  re_multi: 'regexp_multi',
  glob: 'glob',
  glob_multi: 'glob_multi',
  radix: 'radix',
  ipnet: 'radix',
  set: 'set',
  hash: 'hash',
  plain: 'hash',
  cdb: 'cdb',
} as const;

/** How the keys of a map are compared. */
export type MapKind = (typeof kindWords)[keyof typeof kindWords];

export function isMapKind(text: string): text is MapKind {
  return (Object.values(kindWords) as string[]).includes(text);
}

/** Takes a kind off a source: `regexp;/path`, `cdb:///path`. */
export function splitKind(text: string): { readonly kind: MapKind | undefined; readonly source: string } {
  const [, word = '', source = text] = /^([a-z_]+);(.*)$/s.exec(text) ?? [];
  const kind = (kindWords as Readonly<Record<string, MapKind>>)[word];
  if (kind !== undefined) return { kind, source };
  return text.startsWith('cdb:/')
    ? { kind: 'cdb', source: text.slice('cdb:'.length).replace(/^\/+/, '/') }
    : { kind: undefined, source: text };
}

/**
 * Reads one source of a map: a path, `file://`, `http://`, `https://`, `static`, and before them in any order `sign+`,
 * `fallback+`, `key=…+` and `zst+`; anything else is an entry itself
 * (rspamd: src/libserver/maps/map.c:rspamd_map_check_proto).
 * @param problem is told of what cannot be used
 */
export function readSource(text: string, problem: (text: string) => void): MapSource | undefined {
  const given = splitKind(text).source;
  const prefixes = readPrefixes(given, problem);
  if (prefixes === undefined) return undefined;
  const { signed, fallback, key, source } = prefixes;
  if (source.toLowerCase() === 'static') return { kind: 'static' };
  if (/^https?:\/\//i.test(source)) {
    if (fallback) return void problem(`a fallback of a map must be a file: ${source} is left out`);
    if (signed && key === undefined)
      return void problem(`a signed map of the network needs sign+key=…+ before its address: ${source} is left out`);
    if (/\.enc$/i.test(source)) return void problem(encrypted(source));
    return { kind: 'http', url: source, key };
  }
  if (/^(?:file:\/\/)?\//i.test(source)) {
    if (/\.enc$/i.test(source)) return void problem(encrypted(source));
    const path = source.replace(/^file:\/\//i, '');
    return { kind: fallback ? 'fallback' : 'file', path, signature: signed ? { key } : undefined };
  }
  if (/^[a-z+]+:\/\//i.test(source)) return void problem(`a map cannot be read from ${source}`);
  return { kind: 'inline', line: given };
}

function encrypted(source: string): string {
  return `an encrypted map (.enc) cannot be read: ${source} is left out`;
}

function readPrefixes(
  text: string,
  problem: (text: string) => void,
): { signed: boolean; fallback: boolean; key: PublicKey | undefined; source: string } | undefined {
  let [source, signed, fallback] = [text, false, false];
  let key: PublicKey | undefined;
  for (;;) {
    const [whole = '', word = '', base32, hex] =
      /^(?:(sign|fallback|zst)\+|key=(?:([^+]*)\+|([0-9a-f]{64})[+:]?(?=.)))/is.exec(source) ?? [];
    if (whole === '') return { signed, fallback, key, source };
    source = source.slice(whole.length);
    const given = base32 ?? hex;
    if (given !== undefined) {
      key = readPublicKey(given, 'sign');
      if (key === undefined) return void problem(`a map is left out, its key is none: ${source}`);
    } else if (word.toLowerCase() === 'sign') signed = true;
    else if (word.toLowerCase() === 'fallback') fallback = true;
  }
}
