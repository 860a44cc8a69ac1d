/** Resolves as soon as the condition holds; rejects when it does not within `limit` milliseconds. */
export async function poll(limit: number, what: string, holds: () => boolean): Promise<void> {
  const until = performance.now() + limit;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
    await pause(10);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
