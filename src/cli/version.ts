import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** This program's own version, from package.json beside dist/. */
export const version: string = readVersion();

function readVersion(): string {
  const file = join(import.meta.dirname, '../../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
