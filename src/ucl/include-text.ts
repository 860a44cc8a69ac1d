import { type Failure, type FileContext, loadLimits, type MacroCall } from './context.ts';
import type { FileContent } from './files.ts';
import type { Strategy } from './merge.ts';
import { fileVariablesFor } from './read-alone.ts';
import { renderSource } from './render.ts';
import type { UclObject } from './value.ts';

interface Place {
  readonly priority: number;
  readonly strategy: Strategy;
  readonly container: UclObject;
  /** The text goes under a key of its own. */
  readonly nested: boolean;
}

/** Reads an included file into the object it belongs to. */
export function includeText(
  content: FileContent,
  call: MacroCall,
  file: FileContext,
  place: Place,
): Failure | undefined {
  const { load } = file;
  const depth = file.depth + 1;
  if (depth > loadLimits.inputs) {
    return { message: `maximum include nesting limit is reached: ${depth}`, hint: 'do two files include each other?' };
  }
  if (++load.files > loadLimits.files) return { message: `more than ${loadLimits.files} files are included` };
  load.fileVariablesFirst = false;
  const source = renderSource(load, { name: content.path, text: content.text }, call.at);
  if (source === undefined) return undefined;
  load.read(
    {
      load,
      source,
      text: source.text,
      shift: 0,
      depth,
      path: content.path,
      fileVariables: fileVariablesFor(load, content.path),
      strategy: place.strategy,
      priority: place.priority,
      container: place.container,
      level: file.level + (place.nested ? 1 : 0),
      freeForBraces: place.nested || file.freeForBraces,
    },
    true,
  );
  return undefined;
}
