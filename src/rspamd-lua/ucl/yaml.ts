import { emitJson, type UclValue } from '../../ucl/index.ts';

/**
 * What libucl calls YAML: JSON whose keys are bare where they can be and whose top level has no brackets
 * (rspamd: contrib/libucl/ucl_emitter.c, UCL_EMIT_YAML).
 */
export function emitYaml(value: UclValue): string {
  if (value.type !== 'object') return element(value, 0);
  return members(value, 0).join('\n');
}

const indent = (level: number): string => '    '.repeat(level);

function members({ entries }: Extract<UclValue, { type: 'object' }>, level: number): string[] {
  return [...entries.values()].map(({ key, value }) => `${indent(level)}${keyText(key)}: ${element(value, level)}`);
}

function keyText(key: string): string {
  if (key === '') return 'null';
  return /^[^\s"'{}[\],;:=\\\x00-\x1f\x7f]+$/.test(key) ? key : emitJson({ ...string, value: key });
}

const string = {
  type: 'string',
  style: 'quoted',
  priority: 0,
  at: { source: { name: '', text: '', includedFrom: undefined }, offset: 0 },
} as const;

function element(value: UclValue, level: number): string {
  const [open, close, parts] =
    value.type === 'object'
      ? ['{', '}', members(value, level + 1)]
      : value.type === 'array'
        ? ['[', ']', value.items.map((item) => indent(level + 1) + element(item, level + 1))]
        : ['', '', undefined];
  if (parts === undefined) return emitJson(value, { libucl: true });
  return parts.length === 0 ? open + close : `${open}\n${parts.join(',\n')}\n${indent(level)}${close}`;
}
