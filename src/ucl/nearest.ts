/** Steps (insertions, deletions, changes, swaps of neighbours) from one word to another. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

/**
 * The candidate most like `name`, for "did you mean": at most one wrong letter in three.
 *
 * @returns undefined when none is like it; on a tie the first one
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const word = name.slice(0, 64).toLowerCase().replaceAll('-', '_');
  let best: string | undefined;
  let least = Math.floor(Math.max(word.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const steps = distance(word, candidate.toLowerCase().replaceAll('-', '_'));
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}
