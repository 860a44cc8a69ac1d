import type { Origin } from '../source.ts';

/** What templates can see: `env` (its keys are global names, too) and `paths`. */
export interface TemplateWorld {
  readonly env: ReadonlyMap<string, unknown>;
  readonly paths: ReadonlyMap<string, string>;
}

export interface Rendered {
  readonly text: string;
  readonly origin: Origin | undefined;
}

export interface RenderFailure {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Offset into `template`. */
  readonly offset: number;
  /** The template with plain newlines. */
  readonly template: string;
}

/** The template pass over one text. */
export function renderTemplate(raw: string, _world: TemplateWorld): Rendered | RenderFailure {
  const template = raw.replaceAll('\r\n', '\n');
  const offset = template.search(/\{[=%#]/);
  if (offset === -1) return { text: template, origin: undefined };
  return { message: 'templates cannot be rendered yet', offset, template };
}
