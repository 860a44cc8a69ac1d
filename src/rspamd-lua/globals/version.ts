import { type LuaFunction, type LuaResult, type LuaValue, native, runtimeError } from '../../lua/index.ts';

/** The version of Rspamd whose API this is. */
export const version = { full: '4.1.6', major: 4, minor: 1, patch: 6, id: 'release' } as const;

/** The number as 4.1.6 gives it: 48 bits up the major version, 40 the minor one. */
const versionNumber = version.major * 2 ** 48 + version.minor * 2 ** 40;

/** The global `rspamd_version` (rspamd: src/lua/lua_common.c:rspamd_lua_rspamd_version). */
export const rspamdVersion: LuaFunction = native('rspamd_version', (...args: LuaValue[]): LuaResult => {
  if (args.length === 0) return version.full;
  const [kind, other] = args;
  switch (typeof kind === 'string' ? kind.toLowerCase() : '') {
    case 'short':
      return `${version.major}.${version.minor}`;
    case 'main':
      return version.full;
    case 'major':
      return String(version.major);
    case 'minor':
      return String(version.minor);
    case 'patch':
      return String(version.patch);
    case 'id':
      return version.id;
    case 'num':
      return versionNumber;
    case 'cmp':
      return compare(other);
    default:
      return undefined;
  }
});

function compare(other: LuaValue): number {
  if (typeof other !== 'string') throw runtimeError("invalid arguments to 'cmp'");
  const [major = '0', minor] = other.split(/[.\-_]/);
  const byMajor = number(major) - version.major;
  if (byMajor !== 0 || minor === undefined) return byMajor;
  return number(minor) - version.minor;
}

const number = (text: string): number => Number(/^\d+/.exec(text)?.[0] ?? 0);
