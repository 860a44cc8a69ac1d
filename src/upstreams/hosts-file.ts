import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** The addresses that hosts files (hosts(5)) give a name, in their order. A file that cannot be read has none. */
export async function addressesInHostsFiles(paths: readonly string[], name: string): Promise<string[]> {
  const texts = await Promise.all(paths.map((path) => readFile(path, 'latin1').catch(() => '')));
  return texts.flatMap((text) => addressesInHosts(text, name));
}

function addressesInHosts(text: string, name: string): string[] {
  const wanted = name.replace(/\.$/, '').toLowerCase();
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((one) => one.toLowerCase() === wanted) ? [address] : [];
  });
}
