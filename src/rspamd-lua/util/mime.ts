import {
  argumentError,
  checkNumber,
  checkString,
  LuaTable,
  type LuaValue,
  optionalInteger,
  runtimeError,
  toText,
  two,
} from '../../lua/index.ts';
import {
  addHeaderAddresses,
  type EmailAddress,
  htmlText,
  parseContentType,
  parseMailDate,
  wordsOf,
} from '../../scan/index.ts';
import { encodeHeader } from '../encodings/mime-header.ts';
import type { Functions } from '../modules.ts';
import { listOf, pairs, record } from '../tables.ts';
import { newText } from '../text/class.ts';
import { bytesOf, checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';

const mostAddresses = 10_240;

/** Functions of `rspamd_util` about mail (rspamd: src/lua/lua_parsers.c); also the module `rspamd_parsers`. */
export function mimeFunctions(world: World): Functions {
  const parseMailAddress: Functions[string] = (...args) => {
    const addresses: EmailAddress[] = [];
    addHeaderAddresses(checkString(args, 1), addresses, optionalInteger(args, 3, mostAddresses));
    return addresses.length === 0 ? undefined : listOf(addresses.map(addressTable));
  };
  return {
    parse_mail_address: parseMailAddress,
    parse_addr: parseMailAddress,
    parse_content_type: (...args) => contentType(checkString(args, 1)),
    parse_smtp_date: (...args) => {
      const text = toText(args[0]);
      if (text === undefined) throw argumentError(1, 'invalid argument');
      const time = parseMailDate(text);
      if (time === undefined) return two(undefined, 'invalid date');
      const seconds = Math.floor(time / 1000);
      return args[1] === true ? seconds - new Date(time).getTimezoneOffset() * 60 : seconds;
    },
    get_tld: (...args) => {
      const host = checkString(args, 1);
      const found = world.suffixes().registered(host.toLowerCase());
      return found === '' ? host : host.slice(host.length - found.length);
    },
    mime_header_encode: (...args) => encodeHeader(checkBytes(args, 1), args[1] === true),
    tokenize_text: (...args) => {
      const bytes = bytesOf(args, 1);
      return bytes === undefined ? undefined : listOf(wordsOf(bytes, exceptionsOf(args[1])));
    },
    parse_html: (...args) => {
      const bytes = bytesOf(args, 1);
      return bytes === undefined ? undefined : newText(world, htmlText(bytes, world.suffixes()));
    },
  };
}

/** Pieces of a text that are one word each, whatever is in them: a list of offsets with lengths. */
function exceptionsOf(given: LuaValue): { readonly offset: number; readonly length: number }[] {
  if (!(given instanceof LuaTable)) return [];
  return [...pairs(given)].flatMap(([, pair]) => {
    if (!(pair instanceof LuaTable)) return [];
    const [offset, length] = [checkNumber([pair.get(1)], 1), checkNumber([pair.get(2)], 1)];
    return length > 0 ? [{ offset, length }] : [];
  });
}

function addressTable({ raw, addr, domain, user, name, flags }: EmailAddress): LuaTable {
  const flagTable = new LuaTable();
  for (const flag of flags) flagTable.set(flag, true);
  return record({ raw, addr, domain, user, name: name ?? '', flags: flagTable });
}

function contentType(value: string): LuaTable | undefined {
  const parsed = parseContentType(value);
  if (parsed === undefined) return undefined;
  const { type, subtype, charset, boundary, params } = parsed;
  const table = new LuaTable();
  for (const [key, text] of Object.entries({ type, subtype, charset, boundary })) if (text !== '') table.set(key, text);
  for (const [name, text] of params) table.set(name, LuaTable.of(text));
  return table;
}

/** Functions that read from a terminal, which a mail worker does not have. */
export const terminalFunctions: Functions = {
  readline: () => {
    throw runtimeError('rspamd_util.readline: there is no terminal');
  },
  readpassphrase: () => {
    throw runtimeError('rspamd_util.readpassphrase: there is no terminal');
  },
};
