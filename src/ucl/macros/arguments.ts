import type { Range } from '../../../grammar/index.ts';
import type { FileContext, Load } from '../context.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { readAlone } from '../read-alone.ts';
import type { UclObject, UclValue } from '../value.ts';

/**
 * Reads the text between a macro's parentheses: UCL on its own, which knows no variables but those of a text without a
 * file (rspamd: contrib/libucl/ucl_parser.c:ucl_parse_macro_arguments).
 *
 * @returns undefined for arguments that are no object
 */
export function readArguments(file: FileContext, range: Range): UclObject | undefined | 'unreadable' {
  const diagnostics: Diagnostic[] = [];
  const load: Load = {
    ...file.load,
    diagnostics,
    variables: [],
    inherited: new Set(),
    includePaths: undefined,
    template: undefined,
    root: undefined,
    fileVariablesFirst: true,
  };
  const text = file.text.slice(range.start, range.end);
  const value = readAlone({ load, source: file.source, text, shift: file.shift + range.start });
  for (const one of diagnostics) {
    file.load.diagnostics.push({ ...one, message: `macro arguments parsing error: ${one.message}` });
  }
  if (diagnostics.some((one) => one.severity === 'error')) return 'unreadable';
  return value.type === 'object' ? value : undefined;
}

/** What a macro's parameter may be, by the type its value must have: another type is no value for it. */
export interface Parameters {
  readonly boolean?: readonly string[];
  readonly string?: readonly string[];
  readonly int?: readonly string[];
  readonly array?: readonly string[];
}

/**
 * Gives each argument to the parameter it names. A name may be cut short: the first parameter of the value's type that
 * begins with it is meant (rspamd: ucl_util.c:ucl_include_common). Arguments that fit nothing are no concern of libucl.
 */
export function eachParameter(
  args: UclObject | undefined,
  parameters: Parameters,
  take: (name: string, value: UclValue) => void,
): void {
  for (const { key, value } of args?.entries.values() ?? []) {
    const one = value.type === 'array' && value.implicit ? (value.items[0] ?? value) : value;
    const names = parameters[one.type as keyof Parameters] ?? [];
    const name = names.find((candidate) => candidate.startsWith(key));
    if (name !== undefined) take(name, one);
  }
}
