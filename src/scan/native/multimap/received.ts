import type { UclObject } from '../../../ucl/index.ts';
import { type ByteString, lowerAscii, type PublicSuffixes, type Received } from '../../message/index.ts';
import { flagOption, numberOption, textOption, textsOption } from '../options.ts';
import type { Reading } from './values.ts';

const fields: Readonly<Record<string, (hop: Received) => ByteString | undefined>> = {
  real_ip: ({ realIp }) => realIp,
  from_ip: ({ realIp }) => realIp,
  from_hostname: ({ fromHostname }) => fromHostname,
  real_hostname: ({ realHostname }) => realHostname,
  by_hostname: ({ byHostname }) => byHostname,
  proto: ({ protocol }) => protocol,
  for: ({ forMailbox }) => forMailbox,
  raw: ({ raw }) => raw,
  timestamp: ({ timestamp }) => String(timestamp),
};

const flags: Readonly<Record<string, (hop: Received) => boolean>> = {
  ssl: ({ ssl }) => ssl,
  authenticated: ({ authenticated }) => authenticated,
  artificial: ({ artificial }) => artificial,
  utf8: ({ utf8 }) => utf8,
};

/**
 * What hops of a message say (rspamd: src/plugins/lua/multimap.lua:match_received_header).
 * @throws Error for a field or a flag that no hop has
 */
export function receivedValues(section: UclObject, suffixes: PublicSuffixes): Reading {
  const filter = textOption(section, 'filter') ?? 'real_ip';
  const name = filter.replace(/^tld:/, '');
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw new Error(`filter ${JSON.stringify(filter)} is not known here`);
  const [wanted, unwanted] = [flagsOf(section, 'flags'), flagsOf(section, 'nflags')];
  const isPlaced = placeOf(numberOption(section, 'min_pos'), numberOption(section, 'max_pos'));
  const withArtificial = flagOption(section, 'artificial') === true;
  const isIp = name === 'real_ip' || name === 'from_ip';
  const isDomain = name !== filter && !isIp;
  return {
    isIp,
    values: ({ received }) => {
      const hops = withArtificial ? received : received.filter(({ artificial }) => !artificial);
      return hops.flatMap((hop, at) => {
        const value = field(hop);
        if (value === undefined || !isPlaced(at + 1, hops.length)) return [];
        if (!wanted.every((has) => has(hop)) || unwanted.some((has) => has(hop))) return [];
        return [[isDomain ? suffixes.registered(lowerAscii(value)) || value : value]];
      });
    },
  };
}

function flagsOf(section: UclObject, option: string): ((hop: Received) => boolean)[] {
  return (textsOption(section, option) ?? []).map((name) => {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw new Error(`${option} has ${JSON.stringify(name)}, which no hop has`);
    return flag;
  });
}

/** Whether a hop is among the wanted ones: positions count from 1, those below 0 from the end. */
function placeOf(least: number | undefined, most: number | undefined): (at: number, total: number) => boolean {
  return (at, total) => {
    if (least !== undefined && least < 0) {
      if (least === -1 ? at !== total : at <= total + least) return false;
    } else if (least !== undefined && at < least) return false;
    if (most === undefined) return true;
    if (most < -1) return total + most < at;
    return most <= 0 || at <= most;
  };
}
