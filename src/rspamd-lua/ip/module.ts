import { checkString, type LuaResult, type LuaTable, runtimeError, several, toNumber } from '../../lua/index.ts';
import { type ClassDefinition, checkObject, type Method, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { listOf } from '../tables.ts';
import type { World } from '../world.ts';
import { Ip, readIp } from './ip.ts';

const addressText: Method<Ip> = (self, args) => {
  if (!self.isValid) throw runtimeError('invalid arguments');
  if (args[1] !== true) return self.text;
  return self.version === 4 ? `${self.text}:${self.port}` : `[${self.text}]:${self.port}`;
};

/** nil for an address that is not valid. */
function valid(method: Method<Ip>): Method<Ip> {
  return (self, args) => (self.isValid ? method(self, args) : undefined);
}

const toTable = valid((self) => listOf(self.bytes));
/** The number of an IPv4 address, the four of an IPv6 one. */
const toNumbers = valid(({ bytes }) => {
  const buffer = Buffer.from(bytes);
  return several(Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readUInt32BE(4 * i)));
});

const ipClass: ClassDefinition<Ip> = {
  name: 'rspamd{ip}',
  constructor: Ip,
  methods: (world) => ({
    to_string: addressText,
    tostring: addressText,
    __tostring: addressText,
    to_table: toTable,
    totable: toTable,
    to_number: toNumbers,
    tonumber: toNumbers,
    str_octets: valid((self) => listOf(self.labels)),
    inversed_str_octets: valid((self) => listOf(self.labels.reverse())),
    get_version: valid((self) => self.version),
    get_port: valid((self) => self.port),
    is_valid: (self) => self.isValid,
    is_local: valid((self) => self.isLocal),
    apply_mask: valid((self, args) => {
      const bits = Math.trunc(toNumber(args[1]) ?? 0);
      return bits > 0 ? wrap(world, ipClass, self.masked(bits)) : undefined;
    }),
    copy: (self) => wrap(world, ipClass, self),
    __eq: (self, args) => {
      const other = checkObject(ipClass, args, 2);
      return self.isValid && other.isValid && self.compare(other) === 0;
    },
    __lt: (self, args) => self.compare(checkObject(ipClass, args, 2)) < 0,
  }),
};

/** The module `rspamd_ip` (rspamd: src/lua/lua_ip.c). */
export function ipModule(world: World): LuaTable {
  const fromString = (...args: Parameters<typeof checkString>[0]): LuaResult => {
    const text = checkString(args, 1);
    const ip = readIp(text);
    if (!ip.isValid) world.logger.log('warning', '', 'lua_ip_from_string', '', `cannot parse ip: ${text}`);
    return wrap(world, ipClass, ip);
  };
  return moduleTable({ from_string: fromString, fromstring: fromString, fromip: fromString, from_ip: fromString });
}
