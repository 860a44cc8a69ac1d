/** Characters that differ in case only, by one of them. Simple case folding: none is more than one character. */
let orbits: ReadonlyMap<number, readonly number[]> | undefined;

/** All that are the same when case does not matter, itself among them. Of bytes only letters of ASCII have cases. */
export function caseVariants(code: number, utf: boolean): readonly number[] {
  if (code < 0x80) {
    const lower = code | 0x20;
    if (lower < 0x61 || lower > 0x7a) return [code];
    if (!utf || (lower !== 0x6b && lower !== 0x73)) return [lower, lower - 0x20];
  } else if (!utf) {
    return [code];
  }
  orbits ??= makeOrbits();
  return orbits.get(code) ?? [code];
}

/** The last script with cases ends there. */
const lastCased = 0x1e943;

function makeOrbits(): ReadonlyMap<number, readonly number[]> {
  const byKey = new Map<number, number[]>();
  for (let code = 0x41; code <= lastCased; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const key = folded(code);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [code]);
    else known.push(code);
  }
  const map = new Map<number, readonly number[]>();
  for (const orbit of byKey.values()) if (orbit.length > 1) for (const code of orbit) map.set(code, orbit);
  return map;
}

function folded(code: number): number {
  const upper = mapped(code, (text) => text.toUpperCase());
  return mapped(upper, (text) => text.toLowerCase());
}

/** @returns the character itself where it becomes more than one */
function mapped(code: number, map: (text: string) => string): number {
  const text = map(String.fromCodePoint(code));
  const first = text.codePointAt(0) as number;
  return text.length === (first > 0xffff ? 2 : 1) ? first : code;
}
