import type { MacroHandler } from '../context.ts';
import { type FileContent, readPath } from '../files.ts';
import type { UclValue } from '../value.ts';
import { eachParameter } from './arguments.ts';
import { clampToLong } from './priority.ts';

interface Options {
  key: string;
  target: string;
  try: boolean;
  trim: boolean;
  escape: boolean;
  multiline: boolean;
  priority: number;
}

const parameters = {
  boolean: ['try', 'multiline', 'escape', 'trim'],
  string: ['key', 'target'],
  int: ['priority'],
} as const;

/**
 * `.load(key=…) "file"`: the content of a file as the value of a key (rspamd:
 * contrib/libucl/ucl_util.c:ucl_load_handler). An empty file gives no string at all.
 */
export const loadValue: MacroHandler = (call, file) => {
  const options: Options = {
    key: '',
    target: 'string',
    try: false,
    trim: false,
    escape: false,
    multiline: false,
    priority: 0,
  };
  eachParameter(call.arguments, parameters, (name, value) => {
    if (value.type === 'int') options.priority = Number(value.value & 15n);
    else if (value.type === 'boolean' || value.type === 'string') Object.assign(options, { [name]: value.value });
  });
  if (options.key === '') {
    return { message: 'No Key specified in load macro', hint: 'write `.load(key="name") "file"`' };
  }
  if (call.value === '') return { message: 'Unable to parse load macro', hint: 'the name of the file is missing' };
  const content = readPath(file.load.cwd, call.value);
  if (content.failed !== undefined) {
    return options.try ? undefined : { message: content.message, hint: 'with `try=true` a missing file is no mistake' };
  }
  if (file.container.entries.has(options.key)) return { message: `Key ${options.key} already exists` };
  const at = { source: { name: content.path, text: content.text, includedFrom: call.at }, offset: 0 };
  const value = contentValue(content, options, { priority: options.priority, at });
  if (value !== undefined) {
    file.container.entries.set(options.key, { key: options.key, at: call.at, value });
  }
  return undefined;
};

function contentValue(
  { text }: FileContent,
  options: Options,
  common: { priority: number; at: UclValue['at'] },
): UclValue | undefined {
  const target = options.target.toLowerCase();
  if (target === 'int') {
    const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1] ?? '0';
    return { ...common, type: 'int', value: clampToLong(BigInt(digits.replace(/^\+/, ''))) };
  }
  if (target !== 'string' || text === '') return undefined;
  const trimmed = options.trim ? text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '') : text;
  const value = options.escape ? trimmed.replace(/[\0\b\t\n\v\f\r"\\]/g, (char) => escapes[char] ?? char) : trimmed;
  return { ...common, type: 'string', value, style: options.multiline ? 'heredoc' : 'quoted' };
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\u0000',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\u000B',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};
