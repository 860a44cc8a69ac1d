import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, whether this runs from the sources or from dist/. */
export const projectRoot = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  return findRoot(dirname(from));
}

/** The test data that lies beside the project on some machines; undefined where it does not. */
export const sharedFolder: string | undefined = [join(projectRoot, '..', 'shared')].find((path) => existsSync(path));

/** True in the long variants of the suites. */
export const slow = process.env['RSPAMD_PROXY_SLOW'] === '1';
