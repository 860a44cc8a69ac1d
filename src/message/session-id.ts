import { randomFillSync } from 'node:crypto';

const ID_BYTES = 8;
const pool = Buffer.alloc(ID_BYTES * 512);
let used = pool.length;

/**
 * A session id of 16 hex digits, unlike any other of this or another process. (The ids of rspamd's workers repeat,
 * because its generator is seeded before they are forked; log lines and `Log-Tag` values of two messages then collide.)
 */
export function newSessionId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString('hex', used, used + ID_BYTES);
  used += ID_BYTES;
  return id;
}
