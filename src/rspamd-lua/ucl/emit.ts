import { call, firstResult, LuaError, plainText, toText } from '../../lua/index.ts';
import { emitJson, emitJsonCompact, emitUcl, type UclObject, type UclValue } from '../../ucl/index.ts';
import { encodeMsgpack } from '../../wire/msgpack/index.ts';
import { functionIn, uclString } from './convert.ts';
import { msgpackInput } from './msgpack.ts';
import { emitYaml } from './yaml.ts';

export type Format = 'json' | 'json-compact' | 'config' | 'yaml' | 'msgpack';

const names: Readonly<Record<string, Format>> = {
  json: 'json',
  'json-compact': 'json-compact',
  config: 'config',
  ucl: 'config',
  yaml: 'yaml',
  msgpack: 'msgpack',
  messagepack: 'msgpack',
};

/** A format by the name that scripts give it, without regard to case. */
export function formatNamed(name: string): Format | undefined {
  return names[name.toLowerCase()];
}

/** Writes a value; functions in it are called for what they stand for. */
export function emit(value: UclValue, format: Format): string {
  const plain = withoutFunctions(value);
  switch (format) {
    case 'json':
      return emitJson(plain, { libucl: true });
    case 'json-compact':
      return emitJsonCompact(plain, { libucl: true });
    case 'config':
      return emitUcl(plain, { libucl: true });
    case 'yaml':
      return emitYaml(plain);
    case 'msgpack':
      return encodeMsgpack(msgpackInput(plain), 'latin1').toString('latin1');
  }
}

/** rspamd: contrib/libucl/lua_ucl.c:lua_ucl_userdata_emitter */
function withoutFunctions(value: UclValue): UclValue {
  if (value.type === 'array') return { ...value, items: value.items.map(withoutFunctions) };
  if (value.type === 'object') {
    const entries = [...value.entries].map(
      ([key, entry]) => [key, { ...entry, value: withoutFunctions(entry.value) }] as const,
    );
    return { ...value, entries: new Map(entries) };
  }
  const fn = functionIn(value);
  return fn === undefined ? value : uclString(resultText(fn));
}

function resultText(fn: Parameters<typeof call>[0]): string {
  try {
    return toText(firstResult(call(fn))) ?? 'null';
  } catch (error) {
    if (error instanceof LuaError) return plainText(error.value);
    throw error;
  }
}

/** Keys in the order of their lengths, then bytes, through objects in objects (rspamd: ucl_object_sort_keys). */
export function sortKeys(value: UclValue): UclValue {
  if (value.type !== 'object') return value;
  const before = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);
  const entries = [...value.entries.values()]
    .sort((a, b) => before(a.key, b.key))
    .map((entry) => [entry.key, { ...entry, value: sortKeys(entry.value) }] as const);
  return { ...value, entries: new Map(entries) } satisfies UclObject;
}
