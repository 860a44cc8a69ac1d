import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const given = new Set<number>();

/**
 * A port on which nobody listens. It lies below those that systems give out by themselves (Linux: from 32768): no
 * connection and no other server gets it by chance before it is used, or while its server is being restarted.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const free = new Promise<boolean>((resolve) =>
      server.once('listening', () => resolve(true)).once('error', () => resolve(false)),
    );
    server.listen(port);
    if (!(await free)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
