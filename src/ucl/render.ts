import type { Load } from './context.ts';
import type { FileContent } from './files.ts';
import type { Position, Source } from './source.ts';
import { renderTemplate } from './template/index.ts';

/** The source of a text after the template pass; undefined when that failed, which is told. */
export function renderSource(
  load: Load,
  content: { name?: string } & Partial<FileContent> & { text: string },
  includedFrom: Position | undefined,
): Source | undefined {
  const name = content.path ?? content.name ?? '<unknown>';
  if (load.template === undefined) return keep(load, { name, text: content.text, includedFrom });
  const rendered = renderTemplate(content.text, load.template);
  if ('message' in rendered) {
    const source = keep(load, { name, text: rendered.template, includedFrom });
    load.diagnostics.push({
      severity: 'error',
      message: rendered.message,
      at: { source, offset: rendered.offset },
      hint: rendered.hint,
    });
    return undefined;
  }
  return keep(load, { name, text: rendered.text, includedFrom, origin: rendered.origin });
}

function keep(load: Load, source: Source): Source {
  load.sources.push(source);
  return source;
}
