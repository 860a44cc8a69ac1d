import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where packages put the configuration; the first that exists is what the original would have compiled in. */
const usual = ['/etc/rspamd', '/usr/local/etc/rspamd'] as const;

export interface Location {
  /** The main file; undefined where no configuration exists and the embedded one is used. */
  readonly file: string | undefined;
  /** Value of CONFDIR. */
  readonly confdir: string;
  /** Who chose CONFDIR: the command line, the tree around the main file, or the place where packages put it. */
  readonly from: 'variable' | 'main file' | 'package';
}

/**
 * Finds the main file and the configuration folder. The original takes CONFDIR from `--var`, else the folder it was
 * compiled for, even when `-c` names a whole tree somewhere else: half of that tree is then read from the wrong folder.
 * Here a tree is taken as one when every file that its main file must include from CONFDIR lies beside it.
 *
 * @param file main file named by the operator
 * @param confdir value given with `--var CONFDIR=…`
 * @param places where packages may have put the configuration
 */
export function locate(
  file: string | undefined,
  confdir: string | undefined,
  places: readonly [string, ...string[]] = usual,
): Location {
  const packaged = places.find((folder) => existsSync(folder)) ?? places[0];
  if (confdir !== undefined) return { file: file ?? join(confdir, 'rspamd.conf'), confdir, from: 'variable' };
  if (file === undefined) {
    const main = join(packaged, 'rspamd.conf');
    return { file: existsSync(main) ? main : undefined, confdir: packaged, from: 'package' };
  }
  const folder = dirname(resolve(file));
  return folder !== packaged && isWholeTree(file, folder)
    ? { file, confdir: folder, from: 'main file' }
    : { file, confdir: packaged, from: 'package' };
}

/** Includes from CONFDIR that may not be missing. */
const include = /^[^#"\n]*\.include[ \t]*(\([^)\n]*\))?[ \t]*"\$(?:CONFDIR|\{CONFDIR\})\/([^"\n$]+)"/gm;

function isWholeTree(file: string, folder: string): boolean {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  const needed = [...content.matchAll(include)]
    .filter(([, args = '']) => !/\btry\s*=\s*true/.test(args) && !/\bglob\s*=\s*true/.test(args))
    .map(([, , path = '']) => path);
  return needed.length > 0 && needed.every((path) => existsSync(join(folder, path)));
}
