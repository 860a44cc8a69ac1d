import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files that are meant: those named, and all below folders that are named, in the order of their names. Hidden ones
 * below a folder are passed over.
 * @throws Error of the file system for a name that is not there
 */
export function messageFiles(names: readonly string[]): string[] {
  return names.flatMap((name) => (name !== '-' && statSync(name).isDirectory() ? filesBelow(name) : [name]));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
