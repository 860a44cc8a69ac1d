import { type PublicKey, readPublicKey } from '../../wire/crypt/index.ts';

/** Where entries of a map come from. */
export type MapSource =
  | { readonly kind: 'inline'; readonly line: string }
  | { readonly kind: 'file'; readonly path: string; readonly signature: Signature | undefined }
  /** Counts as long as nothing came from the network. */
  | { readonly kind: 'fallback'; readonly path: string }
  | { readonly kind: 'http'; readonly url: string; readonly key: PublicKey | undefined };

/** A signed file; without `key` that of the file with `.pub` behind its name counts. */
export interface Signature {
  readonly key: PublicKey | undefined;
}

/**
 * Reads one source of a map: a path, `file://`, `http://`, `https://`, `fallback+file://`, and before them `sign+` and
 * `key=…+`; anything else is an entry itself (rspamd: src/libserver/maps/map.c:rspamd_map_parse_backend).
 * @param problem is told of what cannot be used
 */
export function readSource(text: string, problem: (text: string) => void): MapSource | undefined {
  // A kind of map may stand before the source.
  const [, given = text] = /^(?:[a-z_]+;)(.*)$/s.exec(text) ?? [];
  const [, signed = '', keyText, source = given] = /^(sign\+)?(?:key=([^+]*)\+)?(.*)$/is.exec(given) ?? [];
  const key = keyText === undefined ? undefined : readPublicKey(keyText, 'sign');
  if (keyText !== undefined && key === undefined) {
    problem(`a map is left out, its key is none: ${source}`);
    return undefined;
  }
  if (/^https?:\/\//i.test(source)) {
    if (signed !== '' && key === undefined) {
      problem(`a signed map of the network needs sign+key=…+ before its address: ${source} is left out`);
      return undefined;
    }
    return { kind: 'http', url: source, key };
  }
  if (/^fallback\+file:\/\//i.test(source)) return { kind: 'fallback', path: source.slice('fallback+file://'.length) };
  if (/^(?:file:\/\/)?\//i.test(source)) {
    const signature = signed === '' ? undefined : { key };
    return { kind: 'file', path: source.replace(/^file:\/\//i, ''), signature };
  }
  if (/^[a-z+]+:\/\//i.test(source)) {
    problem(`a map cannot be read from ${source}`);
    return undefined;
  }
  return { kind: 'inline', line: source };
}
