/** A variable's name and value, both byte strings. */
export type Variable = readonly [name: string, value: string];

/**
 * Expands `$NAME` and `${NAME}` (rspamd: contrib/libucl/ucl_parser.c:ucl_expand_variable). Braces want the exact name;
 * without them the first variable, in the order of registration, whose name is a prefix of the text wins. Unknown ones
 * stay as written. `$$` is a dollar sign, but only in a string in which some variable was found.
 */
export function expandVariables(raw: string, variables: readonly Variable[]): string {
  const parts: string[] = [];
  let from = 0;
  let found = false;
  for (let at = raw.indexOf('$'); at !== -1 && at < raw.length - 1; ) {
    const match = variableAt(raw, at + 1, variables);
    found ||= match !== undefined;
    const dollar = match === undefined && raw.charAt(at + 1) === '$';
    const next = match?.end ?? at + (dollar ? 2 : 1);
    if (match !== undefined || dollar) {
      parts.push(raw.slice(from, at), match?.value ?? '$');
      from = next;
    }
    at = raw.indexOf('$', next);
  }
  if (!found) return raw;
  parts.push(raw.slice(from));
  return parts.join('');
}

function variableAt(
  raw: string,
  at: number,
  variables: readonly Variable[],
): { value: string; end: number } | undefined {
  if (raw.charAt(at) === '$') return undefined;
  if (raw.charAt(at) !== '{') {
    const [name, value] = variables.find(([one]) => raw.startsWith(one, at)) ?? [];
    return name === undefined || value === undefined ? undefined : { value, end: at + name.length };
  }
  for (const [name, value] of variables) {
    if (raw.charAt(at + 1 + name.length) === '}' && raw.startsWith(name, at + 1)) {
      return { value, end: at + name.length + 2 };
    }
  }
  return undefined;
}
