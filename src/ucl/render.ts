import type { Load } from './context.ts';
import { readPath } from './files.ts';
import { readAlone } from './read-alone.ts';
import type { Position, Source } from './source.ts';
import { renderTemplate, type TemplateTools } from './template/index.ts';
import type { UclValue } from './value.ts';

/** A text that has been read, and what to call it. */
export interface RawText {
  readonly name: string;
  readonly text: string;
}

/** What an encrypted file begins with (rspamd: src/libserver/cfg_rcl.cxx:encrypted_magic). */
const encryptedMagic = 'ruclev1';

/** The source of a text after decryption and the template pass; undefined when one of them failed, which is told. */
export function renderSource(load: Load, found: RawText, includedFrom: Position | undefined): Source | undefined {
  const raw = found.text.startsWith(encryptedMagic) ? decrypted(load, found, includedFrom) : found;
  if (raw === undefined) return undefined;
  if (load.template === undefined) return keep(load, { ...raw, includedFrom });
  const rendered = renderTemplate(raw.text, load.template, toolsOf(load));
  if ('message' in rendered) {
    const { message, offset, hint, template } = rendered;
    const source = keep(load, { name: raw.name, text: template, includedFrom });
    load.diagnostics.push({ severity: 'error', message, at: { source, offset }, hint });
    return undefined;
  }
  return keep(load, { name: raw.name, text: rendered.text, includedFrom, origin: rendered.origin });
}

function decrypted(load: Load, { name, text }: RawText, includedFrom: Position | undefined): RawText | undefined {
  const result = load.decrypt?.(text) ?? { message: 'the file is encrypted, and there is no key for it' };
  if (typeof result === 'string') return { name, text: result };
  const source = keep(load, { name, text: '', includedFrom });
  load.diagnostics.push({ severity: 'error', ...result, at: { source, offset: 0 } });
  return undefined;
}

function keep(load: Load, source: Source): Source {
  load.sources.push(source);
  return source;
}

function toolsOf(load: Load): TemplateTools {
  return {
    parse: (text) => parseData(load, text),
    readFile: (name) => {
      const content = readPath(load.cwd, name);
      return content.failed === undefined ? content.text : undefined;
    },
  };
}

/** Reads a text the way Lua's `ucl.parser()` does: no macros, no variables, no time suffixes. */
function parseData(load: Load, text: string): UclValue | string {
  const source: Source = { name: '<data>', text, includedFrom: undefined };
  const fresh: Load = {
    ...load,
    flags: { macros: false, timeSuffixes: false, implicitArrays: false, fileVariables: false },
    diagnostics: [],
    sources: [],
    inherited: new Set(),
    root: undefined,
  };
  const value = readAlone({ load: fresh, source });
  const wrong = fresh.diagnostics.find((one) => one.severity === 'error');
  return wrong?.message ?? value;
}
