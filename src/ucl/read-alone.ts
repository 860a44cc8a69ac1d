import type { Load } from './context.ts';
import type { Source } from './source.ts';
import type { UclObject, UclValue } from './value.ts';
import type { Variable } from './variables.ts';

interface Outermost {
  readonly load: Load;
  readonly source: Source;
  /** A part of the source that begins at `shift`; all of it by default. */
  readonly text?: string;
  readonly shift?: number;
  /** Real path of a file. */
  readonly path?: string | undefined;
  readonly priority?: number;
}

/** Reads a text that nothing includes into a root of its own; gives the value at its top level. */
export function readAlone({ load, source, text = source.text, shift = 0, path, priority = 0 }: Outermost): UclValue {
  const at = { source, offset: shift };
  const container: UclObject = { type: 'object', entries: new Map(), priority: priority & 15, at };
  load.root = container;
  return load.read(
    {
      load,
      source,
      text,
      shift,
      depth: 1,
      path,
      fileVariables: fileVariablesFor(load, path),
      strategy: 'append',
      priority,
      container,
      level: 0,
      freeForBraces: true,
    },
    false,
  );
}

/** `FILENAME` and `CURDIR` of a file, or of a text that is none. */
export function fileVariablesFor(load: Load, path: string | undefined): readonly Variable[] {
  if (!load.flags.fileVariables) return [];
  const slash = path?.lastIndexOf('/') ?? 0;
  return [
    ['FILENAME', path ?? 'undef'],
    ['CURDIR', path === undefined ? load.cwd : path.slice(0, Math.max(slash, 1))],
  ];
}
