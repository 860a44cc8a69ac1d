/** Longer texts are not compared. */
const longest = 8192;

/**
 * Edits between two byte strings; neighbours that have changed places cost as much as a replacement
 * (rspamd: src/libutil/str_util.c:rspamd_strings_levenshtein_distance).
 */
export function editDistance(first: string, second: string, replaceCost: number): number {
  if (Math.max(first.length, second.length) > longest) return longest;
  const [short, long] = first.length > second.length ? [second, first] : [first, second];
  let row = new Int32Array(short.length + 1).map((_, i) => i);
  let above = new Int32Array(short.length + 1);
  for (let i = 1; i <= long.length; i++) {
    const next = new Int32Array(short.length + 1);
    next[0] = i;
    for (let j = 1; j <= short.length; j++) {
      const cost = short[j - 1] === long[i - 1] ? 0 : replaceCost;
      let least = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + cost);
      if (i > 1 && j > 1 && short[j - 1] === long[i - 2] && short[j - 2] === long[i - 1]) {
        least = Math.min(least, (above[j - 2] as number) + cost);
      }
      next[j] = least;
    }
    above = row;
    row = next;
  }
  return row[short.length] as number;
}
