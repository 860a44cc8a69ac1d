import type { MacroCall as MacroNode } from '../../../grammar/index.ts';
import { type FileContext, fail, type Load, type MacroHandler, placeAt, variablesOf } from '../context.ts';
import { nearest } from '../nearest.ts';
import { expandVariables } from '../variables.ts';
import { readArguments } from './arguments.ts';
import { include, includeSigned, tryInclude } from './include.ts';
import { inherit } from './inherit.ts';
import { loadValue } from './load.ts';
import { setPriority } from './priority.ts';

/** The macros of libucl itself (rspamd: contrib/libucl/ucl_parser.c:ucl_parser_new). */
export const standardMacros: ReadonlyMap<string, MacroHandler> = new Map([
  ['include', include],
  ['try_include', tryInclude],
  ['includes', includeSigned],
  ['priority', setPriority],
  ['load', loadValue],
  ['inherit', inherit],
]);

/** Runs a macro where it stands; mistakes go to the load's diagnostics. */
export function runMacro(file: FileContext, node: MacroNode): void {
  const name = file.text.slice(node.name.start, node.name.end);
  const handler = file.load.macros.get(name);
  // A name that the end of the text cuts off is never looked up, nor is one without a value ever run.
  if (handler === undefined && name !== '' && node.name.end < file.text.length) {
    unknown(file.load, file, name, node.offset);
  }
  if (handler === undefined || node.value === undefined || node.broken) return;
  const read = node.arguments === undefined ? undefined : readArguments(file, node.arguments);
  if (read === 'unreadable') return;
  const raw = file.text.slice(node.value.start, node.value.end);
  const at = placeAt(file, node.offset);
  const failure = handler({ name, arguments: read, value: expandVariables(raw, variablesOf(file)), at }, file);
  if (failure !== undefined) fail(file, at, failure.message, failure.hint);
}

function unknown(load: Load, file: FileContext, name: string, offset: number): void {
  const like = nearest(name, load.macros.keys());
  const hint =
    like === undefined ? `known macros: ${[...load.macros.keys()].join(', ')}` : `did you mean \`.${like}\`?`;
  fail(file, placeAt(file, offset), `unknown macro: '${name}'`, hint);
}
