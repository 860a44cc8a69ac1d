/** How long to wait before a worker that died is started again, in milliseconds. */

const first = 500;
const longest = 30_000;
/** A worker that lived for so long was in order when it started. */
const soundLife = 60_000;

/** Deaths in a row, none of them after a sound life. */
export type DeathCount = number;

/** @param life how long the worker lived, in milliseconds */
export function countDeath(before: DeathCount, life: number): DeathCount {
  return life >= soundLife ? 1 : before + 1;
}

/** The first death is mended at once: its listeners hold the clients that wait. */
export function restartDelay(deaths: DeathCount): number {
  return deaths <= 1 ? 0 : Math.min(longest, first * 2 ** (deaths - 2));
}
