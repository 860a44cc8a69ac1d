import { basename } from 'node:path';
import type { Failure, FileContext, MacroCall, MacroHandler } from '../context.ts';
import { type FileContent, readRealFile, realPath } from '../files.ts';
import { isPattern, matchPaths } from '../glob.ts';
import { includeText } from '../include-text.ts';
import { headOf, type Strategy } from '../merge.ts';
import { typeName } from '../read.ts';
import type { UclObject, UclValue } from '../value.ts';
import { eachParameter } from './arguments.ts';

/** What one `.include` asks for (rspamd: contrib/libucl/ucl_util.c:ucl_include_common). */
interface Options {
  /** A missing file is a mistake. */
  mustExist: boolean;
  /** `.try_include`: any file that cannot be used ends the parse, and libucl does not say why. */
  soft: boolean;
  sign: boolean;
  glob: boolean;
  url: boolean;
  prefix: boolean;
  key: string | undefined;
  target: string;
  duplicate: Strategy;
  priority: number;
}

const parameters = {
  boolean: ['try', 'sign', 'glob', 'url', 'prefix'],
  string: ['key', 'target', 'duplicate'],
  array: ['path'],
  int: ['priority'],
} as const;

const strategies: readonly string[] = ['append', 'merge', 'rewrite', 'error'] satisfies Strategy[];

export const include: MacroHandler = (call, file) => includeAll(call, file, { soft: false, sign: false });
export const tryInclude: MacroHandler = (call, file) => includeAll(call, file, { soft: true, sign: false });
export const includeSigned: MacroHandler = (call, file) => includeAll(call, file, { soft: false, sign: true });

function includeAll(
  call: MacroCall,
  file: FileContext,
  defaults: { soft: boolean; sign: boolean },
): Failure | undefined {
  const options = readOptions(call, file, defaults);
  if (options.url && call.value.includes('://')) {
    const hint = 'fetch the file, and include the copy';
    return options.mustExist ? { message: 'URL support is disabled', hint } : undefined;
  }
  const paths = file.load.includePaths;
  if (paths === undefined) return includeNamed(call.value, call, file, options);
  let found = false;
  for (const folder of paths) {
    found = includeNamed(`${folder}/${call.value}`, call, file, options) === undefined;
    if (found && !options.glob) break;
  }
  if (found) return undefined;
  return { message: `cannot find file: ${call.value} in search path`, hint: `searched: ${paths.join(', ')}` };
}

function readOptions(call: MacroCall, file: FileContext, { soft, sign }: { soft: boolean; sign: boolean }): Options {
  const options: Options = {
    mustExist: !soft,
    soft,
    sign,
    glob: false,
    url: false,
    prefix: false,
    key: undefined,
    target: 'object',
    duplicate: 'append',
    priority: 0,
  };
  eachParameter(call.arguments, parameters, (name, value) => {
    if (name === 'try' && value.type === 'boolean') options.mustExist = !value.value;
    else if (name === 'duplicate' && value.type === 'string')
      options.duplicate = strategyOf(value.value, options.duplicate);
    else if (value.type === 'array') file.load.includePaths = strings(value.items);
    else if (value.type === 'int') options.priority = Number(value.value & 15n);
    else if (value.type === 'boolean' || value.type === 'string') Object.assign(options, { [name]: value.value });
  });
  return options;
}

function strategyOf(name: string, otherwise: Strategy): Strategy {
  return strategies.includes(name) ? (name as Strategy) : otherwise;
}

function strings(values: readonly UclValue[]): string[] {
  return values.flatMap((one) => (one.type === 'string' ? [one.value] : []));
}

/** Includes what a name or pattern stands for; gives a failure back that a search path may still mend. */
function includeNamed(name: string, call: MacroCall, file: FileContext, options: Options): Failure | undefined {
  if (!options.glob || !isPattern(name)) return includeOne(name, call, file, options);
  const matches = matchPaths(file.load.cwd, name);
  if (matches.length === 0 && options.mustExist) {
    return { message: `cannot match any files for pattern ${name}`, hint: 'with `try=true` that is no mistake' };
  }
  for (const path of matches) {
    const failure = includeOne(path, call, file, options);
    if (failure !== undefined && !options.soft) return failure;
  }
  return undefined;
}

function includeOne(name: string, call: MacroCall, file: FileContext, options: Options): Failure | undefined {
  const real = realPath(file.load.cwd, name);
  if (typeof real !== 'string') {
    if (!options.mustExist && !options.soft) return undefined;
    const hint = options.soft ? '`.try_include` refuses a missing file; use `.include(try=true)`' : undefined;
    return { message: real.message, ...(hint === undefined ? {} : { hint }) };
  }
  if (real === file.path) return { message: `trying to include the file ${real} from itself` };
  const content = readRealFile(real);
  if (content.failed !== undefined) {
    const forgiven = content.failed === 'irregular' && !options.mustExist && !options.soft;
    return forgiven ? undefined : { message: content.message };
  }
  if (options.sign) return unverified(real);
  return includeContent(content, call, file, options);
}

/** No public key can ever be known: Rspamd registers none (rspamd: contrib/libucl/ucl_util.c:ucl_sig_check). */
function unverified(path: string): Failure {
  const signature = readRealFile(`${path}.sig`);
  if (signature.failed !== undefined) return { message: signature.message };
  const hint = 'there are no public keys to check signatures with, so signed includes are always refused';
  return { message: `cannot verify file ${path}.sig`, hint };
}

function includeContent(
  content: FileContent,
  call: MacroCall,
  file: FileContext,
  options: Options,
): Failure | undefined {
  const key = options.key ?? (options.prefix ? keyOf(content.path) : undefined);
  const into = key === undefined ? file.container : nestedObject(key, content, call, file, options);
  if ('message' in into) return into;
  const place = { priority: options.priority, strategy: options.duplicate, container: into, nested: key !== undefined };
  return includeText(content, call, file, place);
}

/** The key that `prefix=true` makes of a file's name. */
function keyOf(path: string): string {
  return basename(path).replace(/\.(?:conf|ucl)$/, '');
}

/** The object under a key that takes an included file's content (rspamd: ucl_util.c:ucl_include_file_single). */
function nestedObject(
  key: string,
  content: FileContent,
  call: MacroCall,
  file: FileContext,
  options: Options,
): UclObject | Failure {
  const at = { source: { name: content.path, text: content.text, includedFrom: call.at }, offset: 0 };
  const { priority } = options;
  const fresh: UclObject = { type: 'object', entries: new Map(), priority, at };
  const entries = file.container.entries;
  const old = entries.get(key);
  const head = old === undefined ? undefined : headOf(old.value);
  if (options.target.toLowerCase() === 'array') {
    if (head?.type === 'array') head.items.push(fresh);
    else if (old === undefined || head === undefined) {
      entries.set(key, { key, at: call.at, value: { type: 'array', implicit: false, items: [fresh], priority, at } });
    } else {
      old.value = { type: 'array', implicit: false, items: [head, fresh], priority: 0, at: head.at };
    }
    return fresh;
  }
  if (head?.type === 'object') return head;
  if (head === undefined) {
    entries.set(key, { key, at: call.at, value: fresh });
    return fresh;
  }
  return { message: `Conflicting type for key: ${key}, asked ${options.target}, has ${typeName(head)}` };
}
