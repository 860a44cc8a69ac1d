import type { ByteString, EmailAddress, MessageHeader, Received, Url, Word } from '../../message/index.ts';
import { fromText } from '../../message/index.ts';
import type { FoundSymbol, Results } from '../../results.ts';
import { ipBytes, reversedIp } from '../ip.ts';
import type { Member, Thing } from './value.ts';

/** Tables of the original, as selectors see them: fields by name. */
function table(fields: Readonly<Record<string, Member>>, text?: ByteString): Thing {
  return {
    kind: 'table',
    text: text ?? printed(fields),
    member: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
  };
}

/** rspamd: src/lua/lua_common.c:lua_logger_out_type, of a table */
function printed(fields: Readonly<Record<string, Member>>): ByteString {
  const one = (member: Member): string =>
    typeof member === 'object' ? `{${member.map((item, at) => `[${at + 1}] = ${item}`).join(', ')}}` : String(member);
  const known = Object.entries(fields).filter(([, member]) => member !== undefined);
  return `{${known.map(([name, member]) => `[${name}] = ${one(member)}`).join(', ')}}`;
}

/** rspamd: src/lua/lua_task.c:lua_push_email_address */
export function addressThing(address: EmailAddress): Thing {
  const { addr, user, domain, name, raw } = address;
  return table({ addr, user, domain, name, raw }, addr);
}

/** rspamd: src/lua/lua_task.c:rspamd_lua_push_header */
export function headerThing(header: MessageHeader): Thing {
  const { name, value, decodedBytes, raw, separator, tabSeparated, emptySeparator, order } = header;
  const fields = {
    name,
    value,
    decoded: decodedBytes,
    raw,
    separator: separator ?? ' ',
    tab_separated: tabSeparated,
    empty_separator: emptySeparator,
    order,
  };
  return table(fields, value);
}

/** Fields of a hop (rspamd: src/libmime/received.cxx:received_export_to_lua). */
export function receivedFields(hop: Received): Readonly<Record<string, Member>> {
  return {
    raw: hop.raw,
    from_hostname: hop.fromHostname,
    real_hostname: hop.realHostname,
    from_ip: hop.realIp,
    by_hostname: hop.byHostname,
    for: hop.forMailbox,
    real_ip: hop.realIp,
    proto: hop.protocol,
    timestamp: hop.timestamp,
  };
}

export function receivedThing(hop: Received): Thing {
  return table(receivedFields(hop));
}

/** rspamd: src/lua/lua_common.c:rspamd_lua_push_full_word */
export function wordThing({ original, normal }: Word, stemmed: ByteString): Thing {
  return table({ 1: stemmed, 2: normal, 3: original });
}

export function symbolThing({ name, score, options, definition }: FoundSymbol): Thing {
  return table({
    name,
    score,
    weight: definition?.score,
    options: [...options].map(fromText),
    group: definition?.groups[0]?.name,
    groups: definition?.groups.map((group) => group.name),
  });
}

/** rspamd: src/lua/lua_task.c:lua_task_get_metric_result */
export function resultThing({ score, verdict, symbols }: Results): Thing {
  return table({
    score,
    action: verdict.action.name,
    nresults: symbols.size,
    passthrough: verdict.passthrough !== undefined,
  });
}

/** rspamd: src/lua/lua_ip.c */
export function ipThing(ip: string, isLocal: (ip: string) => boolean): Thing {
  const bytes = ipBytes(ip) ?? [];
  const methods: Readonly<Record<string, (args: readonly ByteString[]) => Member>> = {
    to_string: () => ip,
    tostring: () => ip,
    get_version: () => (bytes.length === 4 ? 4 : 6),
    get_version_number: () => (bytes.length === 4 ? 4 : 6),
    is_valid: () => true,
    is_local: () => isLocal(ip),
    str_octets: () => (bytes.length === 4 ? bytes.map(String) : reversedIp(bytes).split('.').reverse()),
    inversed_str_octets: () => reversedIp(bytes).split('.'),
    to_number: () => (bytes.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined),
  };
  return { kind: 'userdata', text: ip, member: (name, args) => methods[name]?.(args) };
}

/** rspamd: src/lua/lua_url.c */
export function urlThing(url: Url): Thing {
  const { parts } = url;
  const some = (part: ByteString): Member => (part === '' ? undefined : part);
  const usualPort = url.protocol === 'https' ? 443 : 80;
  const methods: Readonly<Record<string, () => Member>> = {
    get_length: () => url.text.length,
    get_host: () => some(url.host),
    get_port: () => (parts.port === 0 ? usualPort : parts.port),
    get_user: () => some(parts.user),
    get_path: () => some(parts.path),
    get_query: () => some(parts.query),
    get_fragment: () => some(parts.fragment),
    get_text: () => url.text,
    get_tld: () => some(url.tld),
    get_raw: () => url.raw,
    get_protocol: () => url.protocol,
    get_visible: () => url.visible,
    get_count: () => url.count,
    get_order: () => url.order,
    get_part_order: () => url.partOrder,
    get_flags_num: () => url.flags,
    get_phished: () => url.linked?.text,
    get_redirected: () => url.linked?.text,
    is_phished: () => url.has('phished'),
    is_redirected: () => url.has('redirected'),
    is_obscured: () => url.has('obscured'),
    is_html_displayed: () => url.has('html_displayed'),
    is_subject: () => url.has('subject'),
  };
  return { kind: 'userdata', text: url.text, member: (name) => methods[name]?.() };
}

/** Fields of a URL for templates (rspamd: src/lua/lua_url.c:lua_url_to_table). */
export function urlFields(url: Url): Readonly<Record<string, ByteString>> {
  const { text, parts } = url;
  const all = {
    url: text,
    host: parts.host,
    port: parts.port === 0 ? '' : String(parts.port),
    user: parts.user,
    path: parts.path,
    query: parts.query,
    fragment: parts.fragment,
    tld: parts.tld,
    protocol: parts.protocol,
  };
  return Object.fromEntries(Object.entries(all).filter(([, field]) => field !== ''));
}
