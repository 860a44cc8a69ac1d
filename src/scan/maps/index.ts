import { type LineReader, linesOf } from './content.ts';
import { FileMap } from './file.ts';
import { HttpMap, type MapWorld } from './http.ts';
import { readSource } from './source.ts';

export { linesOf, wholeLinesOf } from './content.ts';
export type { MapWorld } from './http.ts';

/** Entries of a map, from all of its sources. */
export interface Entries {
  /** Changes whenever what is in it may have changed. */
  readonly version: number;
  readonly lines: readonly string[];
}

/**
 * Puts the sources of one map together. What comes from the network is there as soon as it came, and until then what
 * was fetched before, or the fallback.
 */
export function openMap(
  texts: readonly string[],
  world: MapWorld,
  problem: (text: string) => void,
  readLines: LineReader = linesOf,
): () => Entries {
  const sources = texts.flatMap((text) => readSource(text, problem) ?? []);
  const inline = sources.flatMap((source) => (source.kind === 'inline' ? [source.line] : []));
  const files = sources.flatMap((source) =>
    source.kind === 'file' ? [new FileMap(source.path, source.signature, world.failed, readLines)] : [],
  );
  const remotes = sources.flatMap((source) =>
    source.kind === 'http' ? [new HttpMap(source.url, source.key, world, readLines)] : [],
  );
  const backups = sources.flatMap((source) =>
    source.kind === 'fallback' && remotes.length > 0
      ? [new FileMap(source.path, undefined, world.failed, readLines)]
      : [],
  );
  let seen = '';
  let entries: Entries = { version: 0, lines: inline };
  return () => {
    const fetched = remotes.flatMap((remote) => remote.lines ?? []);
    const nothing = remotes.every(({ version }) => version === 0);
    const used = nothing ? [...files, ...backups] : files;
    const parts = used.map((file) => file.lines);
    const stamp = [...used, ...remotes].map(({ version }) => version).join(' ') + (nothing ? '' : '+');
    if (stamp === seen) return entries;
    seen = stamp;
    entries = { version: entries.version + 1, lines: [...inline, ...parts.flat(), ...fetched] };
    return entries;
  };
}
