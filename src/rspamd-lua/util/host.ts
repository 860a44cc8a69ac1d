import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { type LuaValue, runtimeError, toNumber } from '../../lua/index.ts';
import type { Functions } from '../modules.ts';
import { record } from '../tables.ts';

/** Functions of `rspamd_util` about the time and the machine. */
export const hostFunctions: Functions = {
  get_time: () => (performance.timeOrigin + performance.now()) / 1000,
  get_ticks: () => performance.now() / 1000,
  time_to_string: (seconds) => new Date(Math.trunc(toNumber(seconds) ?? Date.now() / 1000) * 1000).toUTCString(),
  get_hostname: () => hostname(),
  get_uptime: () => uptime(),
  get_pid: () => process.pid,
  get_memory_usage: () => record({ rss: memory('VmRSS'), vsize: memory('VmSize') }),
  isatty: () => process.stdout.isTTY === true,
  umask: (mask) => process.umask(maskOf(mask)),
  random_hex: (length) => {
    const count = Math.trunc(toNumber(length) ?? 0);
    if (count <= 0 || count > mostRandom) throw runtimeError('invalid arguments');
    return randomBytes(Math.ceil(count / 2))
      .toString('hex')
      .slice(0, count);
  },
  // there is no Hyperscan here: the names of its files are of no use
  hyperscan_get_platform_id: () => 'no_hyperscan',
};

const mostRandom = 1 << 26;

function memory(field: string): number {
  const status = readFileSync('/proc/self/status', 'latin1');
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

function maskOf(mask: LuaValue): number {
  if (typeof mask === 'number') return mask & 0o777;
  if (typeof mask === 'string' && /^0[0-7]*$/.test(mask)) return Number.parseInt(mask, 8) & 0o777;
  throw runtimeError('invalid arguments');
}
