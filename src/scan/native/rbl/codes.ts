import { BlockList, isIPv4 } from 'node:net';
import { compileLuaPattern } from '../../lua-pattern.ts';
import { compileRegexp, type Regexp, Subject, takeApart } from '../../regexp/index.ts';

/** Ways to write the answers that mean something. */
export const codeMatchers = ['equality', 'luapattern', 'glob', 'regexp', 'radix'] as const;

export type CodeMatcher = (typeof codeMatchers)[number];

/**
 * @param codes as the configuration has them
 * @returns whether an answer is one of them
 * @throws Error where one of them cannot be read
 */
export function matcherOf(codes: readonly string[], kind: CodeMatcher): (ip: string) => boolean {
  if (kind === 'radix') return networks(codes);
  if (kind === 'equality') {
    const set = new Set(codes);
    return (ip) => set.has(ip);
  }
  const patterns = codes.map((code) => patternOf(code, kind));
  return (ip) => patterns.some((pattern) => pattern.test(new Subject(ip)));
}

function patternOf(code: string, kind: 'luapattern' | 'glob' | 'regexp'): Regexp {
  if (kind === 'luapattern') return compileLuaPattern(`^${code}$`);
  return compileRegexp(takeApart(kind === 'glob' ? globSource(code) : code));
}

function globSource(code: string): string {
  const source = code
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return `^${source}$`;
}

function networks(codes: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const code of codes) {
    const [address = '', bits] = code.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return (ip) => list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');
}
