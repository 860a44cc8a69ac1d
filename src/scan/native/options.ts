import { first, get, type UclObject, type UclValue } from '../../ucl/index.ts';

/** Reads options of a section as Rspamd's plugins take them: leniently. Undefined where there is none of use. */

export function flagOption(section: UclValue | undefined, name: string): boolean | undefined {
  const value = first(get(section, name));
  if (value?.type === 'boolean') return value.value;
  if (value?.type !== 'string') return undefined;
  if (/^(?:yes|true|on)$/i.test(value.value)) return true;
  return /^(?:no|false|off)$/i.test(value.value) ? false : undefined;
}

/** Times are in seconds. */
export function numberOption(section: UclValue | undefined, name: string): number | undefined {
  const value = first(get(section, name));
  switch (value?.type) {
    case 'int':
    case 'float':
    case 'time':
      return Number(value.value);
    case 'string':
      return /^-?\d+(?:\.\d+)?$/.test(value.value) ? Number(value.value) : undefined;
    default:
      return undefined;
  }
}

export function textOption(section: UclValue | undefined, name: string): string | undefined {
  return textOf(first(get(section, name)));
}

/** One text or several, written as an array or by repeating the key. */
export function textsOption(section: UclValue | undefined, name: string): readonly string[] | undefined {
  const value = get(section, name);
  return value === undefined ? undefined : textsOf(value);
}

export function textsOf(value: UclValue): readonly string[] {
  if (value.type === 'array') return value.items.flatMap(textsOf);
  const text = textOf(value);
  return text === undefined ? [] : [text];
}

function textOf(value: UclValue | undefined): string | undefined {
  if (value?.type === 'string') return value.value;
  return value?.type === 'int' || value?.type === 'float' ? String(value.value) : undefined;
}

export function sectionOption(section: UclValue | undefined, name: string): UclObject | undefined {
  const value = first(get(section, name));
  return value?.type === 'object' ? value : undefined;
}

/** Keys of a section with their values, in order. */
export function pairsOf(section: UclObject | undefined): ReadonlyArray<readonly [name: string, value: UclValue]> {
  return section === undefined ? [] : [...section.entries].map(([name, { value }]) => [name, value] as const);
}
