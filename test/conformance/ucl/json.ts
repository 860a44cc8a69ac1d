/** JSON with the difference between an integer and a number with a fraction, and with the order of keys. */
export type Json =
  | { readonly type: 'object'; readonly entries: ReadonlyMap<string, Json> }
  | { readonly type: 'array'; readonly items: readonly Json[] }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'constant'; readonly value: boolean | null };

const token =
  /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null|NaN|-?Infinity))/y;

/** Parses JSON text; throws on anything else. */
export function parseJson(text: string): Json {
  let at = 0;
  const next = (): RegExpExecArray => {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) throw new Error(`no JSON at offset ${at}`);
    at = token.lastIndex;
    return found;
  };
  const value = (found: RegExpExecArray): Json => {
    const [, mark, string, number, word] = found;
    if (string !== undefined) return { type: 'string', value: JSON.parse(string) as string };
    if (number !== undefined) {
      return /[.eE]/.test(number) ? { type: 'float', value: Number(number) } : { type: 'int', value: BigInt(number) };
    }
    if (word !== undefined) return constant(word);
    if (mark === '[') return { type: 'array', items: [...list(']', value)] };
    if (mark !== '{') throw new Error(`unexpected ${mark} at offset ${at}`);
    const entries = new Map<string, Json>();
    for (const key of list('}', value)) {
      if (key.type !== 'string' || next()[1] !== ':') throw new Error(`a key is expected at offset ${at}`);
      entries.set(key.value, value(next()));
    }
    return { type: 'object', entries };
  };
  function* list(end: string, read: (found: RegExpExecArray) => Json): Generator<Json> {
    for (let found = next(); found[1] !== end; ) {
      yield read(found);
      found = next();
      if (found[1] === ',') found = next();
    }
  }
  return value(next());
}

function constant(word: string): Json {
  if (word === 'NaN') return { type: 'float', value: Number.NaN };
  if (word.endsWith('Infinity')) return { type: 'float', value: Number(word) };
  return { type: 'constant', value: word === 'null' ? null : word === 'true' };
}
