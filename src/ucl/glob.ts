import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Whether libucl looks for files by pattern: only these two bytes make it do so. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/**
 * The existing paths that a pattern of glob(3) matches, sorted by bytes: `*`, `?`, `[…]`, and `\` before a byte that is
 * meant as it is. A name that begins with a dot is only matched by a dot. Byte strings in and out.
 */
export function matchPaths(cwd: string, pattern: string): string[] {
  if (pattern === '' || pattern.includes('\0')) return [];
  const absolute = pattern.startsWith('/');
  let found = [absolute ? '/' : ''];
  const parts = pattern.split('/').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    found = found.flatMap((base) => step(cwd, base, part, last));
  }
  return found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function step(cwd: string, base: string, part: string, last: boolean): string[] {
  const join = (name: string): string => (base === '' || base.endsWith('/') ? base + name : `${base}/${name}`);
  if (!/[*?[]/.test(part)) {
    const path = join(part.replace(/\\(.)/g, '$1'));
    return exists(cwd, path, !last) ? [path] : [];
  }
  const matcher = partMatcher(part);
  return names(cwd, base)
    .filter((name) => matcher.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map(join)
    .filter((path) => last || exists(cwd, path, true));
}

function names(cwd: string, folder: string): string[] {
  try {
    return readdirSync(Buffer.from(resolve(cwd, folder), 'latin1'), { encoding: 'latin1' });
  } catch {
    return [];
  }
}

function exists(cwd: string, path: string, folder: boolean): boolean {
  const found = statSync(Buffer.from(resolve(cwd, path), 'latin1'), { throwIfNoEntry: false });
  return found !== undefined && (!folder || found.isDirectory());
}

/** A regular expression for one part of a path. Runs of `*` are one, so that it cannot take exponential time. */
function partMatcher(part: string): RegExp {
  let source = '';
  for (let at = 0; at < part.length; at++) {
    const char = part.charAt(at);
    const set = char === '[' ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(part.slice(at)) : null;
    if (char === '*') {
      if (!source.endsWith('[\\s\\S]*?')) source += '[\\s\\S]*?';
    } else if (char === '?') {
      source += '[\\s\\S]';
    } else if (set !== null) {
      source += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replace(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else {
      if (char === '\\' && at + 1 < part.length) at++;
      source += part.charAt(at).replace(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}$`);
}
