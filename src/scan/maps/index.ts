import { type MapEntry, readEntries } from './entries.ts';
import { FileMap } from './file.ts';
import { HttpMap, type MapWorld } from './http.ts';
import { type MapReading, readSource } from './source.ts';

export { CdbFile } from './cdb.ts';
export { type MapEntry, readEntries } from './entries.ts';
export { ExternalMap, type ExternalSettings, type Question } from './external.ts';
export type { MapWorld } from './http.ts';
export { isMapKind, type MapKind, splitKind } from './source.ts';

/** What a map has, from all of its sources. */
export interface Opened<T> {
  /** Changes whenever what is in it may have changed. */
  readonly version: number;
  /** Of each source that has something. */
  readonly parts: readonly T[];
  /** Entries that stand in the configuration. */
  readonly inline: readonly string[];
}

/** Where the entries of a map come from. */
export interface MapSources {
  readonly texts: readonly string[];
  /** Entries that stand beside the source `static`. */
  readonly data?: readonly string[];
}

/** Entries of a map, from all of its sources but for those in the configuration. */
export const entriesReading: MapReading<readonly MapEntry[]> = { empty: [], read: readEntries };

/** Lines of a map as they are: those of JSON have no comments. */
export const linesReading: MapReading<readonly string[]> = { empty: [], read: (text) => text.split('\n') };

/**
 * Puts the sources of one map together. What comes from the network is there as soon as it came, and until then what
 * was fetched before, or the fallback.
 */
export function openMap<T>(
  { texts, data = [] }: MapSources,
  reading: MapReading<T>,
  world: MapWorld,
  problem: (text: string) => void,
): () => Opened<T> {
  const sources = texts.flatMap((text) => readSource(text, problem) ?? []);
  const inline = sources.flatMap((source) => (source.kind === 'inline' ? [source.line] : []));
  const fixed = sources.some(({ kind }) => kind === 'static') ? [reading.read(data.join('\n'))] : [];
  const files = sources.flatMap((source) =>
    source.kind === 'file' ? [new FileMap(source.path, source.signature, reading, world)] : [],
  );
  const remotes = sources.flatMap((source) =>
    source.kind === 'http' ? [new HttpMap(source.url, source.key, reading, world)] : [],
  );
  const backups = sources.flatMap((source) =>
    source.kind === 'fallback' && remotes.length > 0
      ? [new FileMap(source.path, source.signature, reading, world)]
      : [],
  );
  let seen: string | undefined;
  let opened: Opened<T> = { version: 0, parts: fixed, inline };
  return () => {
    const fetched = remotes.flatMap((remote) => remote.value ?? []) as T[];
    const nothing = remotes.every(({ version }) => version === 0);
    const used = nothing ? [...files, ...backups] : files;
    const parts = used.map((file) => file.value);
    const stamp = [...used, ...remotes].map(({ version }) => version).join(' ') + (nothing ? '' : '+');
    if (stamp === seen) return opened;
    seen = stamp;
    opened = { version: opened.version + 1, parts: [...fixed, ...parts, ...fetched], inline };
    return opened;
  };
}
