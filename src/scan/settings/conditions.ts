import { BlockList } from 'node:net';
import type { UclObject, UclValue } from '../../ucl/index.ts';
import { type EmailAddress, fromText, parseInetAddress } from '../message/index.ts';
import { compileRegexp, Subject } from '../regexp/index.ts';
import type { Task } from '../task.ts';
import { member, pairs, text, words } from './settings.ts';
import type { SettingsWorld } from './world.ts';

/** A condition of a settings rule, by the name under which an `expression` may use it. */
export type Conditions = Map<string, (task: Task) => boolean>;

type Matches<T> = (value: T) => boolean;

/** What can stand in a rule besides conditions. */
const notConditions = new Set([
  'apply',
  'priority',
  'id',
  'name',
  'inverse',
  'expression',
  'whitelist',
  'want_spam',
  'symbols',
  'register_symbols',
  'external_map',
  'delimiter',
  'enabled',
  'disabled',
]);

/**
 * Reads the conditions of a rule (rspamd: src/plugins/lua/settings.lua:process_settings_table).
 * @throws Error that says which condition cannot be used
 */
export function readConditions(rule: UclObject, world: SettingsWorld): Conditions {
  const conditions: Conditions = new Map();
  for (const [key, value] of pairs(rule)) {
    if (notConditions.has(key)) continue;
    if (key === 'header' || key === 'request_header') addHeaders(conditions, key, value);
    else if (key === 'selector') addSelector(conditions, value, text(member(rule, 'delimiter')) ?? '', world);
    else {
      const condition = readCondition(key, value, world);
      if (condition !== undefined) conditions.set(key, condition);
    }
  }
  return conditions;
}

function readCondition(key: string, value: UclValue, world: SettingsWorld): ((task: Task) => boolean) | undefined {
  switch (key) {
    case 'ip': {
      const matches = addresses(value);
      return ({ ip }) => ip !== undefined && matches(ip);
    }
    case 'ip_map': {
      const matches = world.networks(value);
      return ({ ip }) => ip !== undefined && matches(ip);
    }
    case 'client_ip_map': {
      const matches = world.networks(value);
      return ({ clientIp }) => clientIp !== undefined && matches(clientIp);
    }
    case 'client_ip': {
      const matches = addresses(value);
      return ({ clientIp }) => clientIp !== undefined && matches(clientIp);
    }
    case 'from': {
      const matches = mails(value);
      return ({ visible }) => visible.sender !== undefined && matches(visible.sender);
    }
    case 'rcpt': {
      const matches = mails(value);
      return ({ visible }) => visible.recipients.some(matches);
    }
    case 'from_mime': {
      const matches = mails(value);
      return ({ visible }) => visible.from.some(matches);
    }
    case 'rcpt_mime': {
      const matches = mails(value);
      return ({ visible }) => visible.to.some(matches);
    }
    case 'user': {
      const matches = mails(value);
      return ({ user }) => user !== undefined && matches(mailOf(user));
    }
    case 'hostname': {
      const matches = strings(value);
      return ({ hostname }) => matches(hostname ?? '');
    }
    case 'authenticated':
      return isOn(value) ? ({ user }) => user !== undefined : undefined;
    case 'local':
      return isOn(value) ? ({ isLocal }) => isLocal : undefined;
    default:
      throw new Error(`condition ${key} cannot be used`);
  }
}

function isOn(value: UclValue): boolean {
  return value.type !== 'boolean' || value.value;
}

function addHeaders(conditions: Conditions, key: 'header' | 'request_header', value: UclValue): void {
  let number = 1;
  for (const [name, wanted] of pairs(value)) {
    const values = (task: Task): readonly string[] =>
      key === 'header'
        ? task.message.headers.getAll(name).map(({ decoded }) => decoded)
        : task.headers.getAll(name).slice(0, 1);
    const condition = headerCondition(`${key} ${name}`, wanted, values);
    addNamed(conditions, key, name, number++, condition);
  }
}

/** It holds where the selector gives something. */
function addSelector(conditions: Conditions, value: UclValue, delimiter: string, world: SettingsWorld): void {
  const given = text(value);
  if (given === undefined) throw new Error('condition selector must be a text');
  const select = world.selector(given, delimiter);
  addNamed(conditions, 'selector', given, 1, (task) => select(task).length > 0);
}

/** @param name may have what an expression cannot have in a name */
function addNamed(
  conditions: Conditions,
  kind: string,
  name: string,
  number: number,
  condition: (task: Task) => boolean,
): void {
  const safe = name
    .replace(/[:\-+&|>< \x00-\x1f]/g, '_')
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .toLowerCase();
  conditions.set(`${kind}:${safe}`, condition);
  aliasOf.set(condition, [`${kind}:${name}`, `${kind}:${number}`]);
}

/** Further names of conditions. */
const aliasOf = new WeakMap<(task: Task) => boolean, readonly string[]>();

/** @returns the condition of a name or of one of its aliases */
export function findCondition(conditions: Conditions, name: string): ((task: Task) => boolean) | undefined {
  const found = conditions.get(name);
  if (found !== undefined) return found;
  return [...conditions.values()].find((condition) => aliasOf.get(condition)?.includes(name));
}

function headerCondition(
  what: string,
  wanted: UclValue,
  values: (task: Task) => readonly string[],
): (task: Task) => boolean {
  if (wanted.type === 'boolean') return (task) => values(task).length > 0 === wanted.value;
  const pattern = regexpOf(text(wanted) ?? '');
  if (pattern === undefined) throw new Error(`${what} must be a regular expression or true`);
  return (task) => values(task).some((value) => pattern.test(value));
}

/** A text that is to match; undefined where what is given is no regular expression. */
function regexpOf(given: string): { test(value: string): boolean } | undefined {
  if (!given.startsWith('/')) return undefined;
  const [, pattern = given.slice(1), flags = ''] = /^\/(.*)\/([a-zA-Z]*)$/s.exec(given) ?? [];
  const regexp = compileRegexp({ pattern: fromText(pattern), flags });
  return { test: (value) => regexp.test(new Subject(fromText(value))) };
}

function listed(value: UclValue): string[] {
  const list = words(value);
  if (list.length === 0) throw new Error('a condition must be text or a list of texts');
  const map = list.find((one) => /^(?:map:|\/\/|https?:|file:)/.test(one));
  if (map !== undefined) throw new Error(`a map cannot be used in conditions: ${map}`);
  return list;
}

function addresses(value: UclValue): Matches<string> {
  const list = new BlockList();
  for (const one of listed(value)) {
    const [given = '', bits] = one.split('/');
    const address = parseInetAddress(given);
    const most = address?.version === 6 ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (address === undefined || !(prefix >= 0 && prefix <= most)) throw new Error(`bad IP address: ${one}`);
    list.addSubnet(address.text, prefix, address.version === 6 ? 'ipv6' : 'ipv4');
  }
  return (ip) => list.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
}

type Mail = Pick<EmailAddress, 'addr' | 'user' | 'domain'>;

function mailOf(user: string): Mail {
  const at = user.lastIndexOf('@');
  return at <= 0
    ? { addr: user, user, domain: '' }
    : { addr: user, user: user.slice(0, at), domain: user.slice(at + 1) };
}

/** `user@domain`, `@domain`, `user` or `/regexp/`. */
function mails(value: UclValue): Matches<Mail> {
  const wanted = listed(value).map((one): Matches<Mail> => {
    const pattern = regexpOf(one);
    if (pattern !== undefined) return ({ addr }) => pattern.test(addr);
    if (one.startsWith('@')) return ({ domain }) => domain === one.slice(1);
    return one.includes('@') ? ({ addr }) => addr === one : ({ user }) => user === one;
  });
  return (mail) => wanted.some((matches) => matches(mail));
}

function strings(value: UclValue): Matches<string> {
  const wanted = listed(value).map((one): Matches<string> => {
    const pattern = regexpOf(one);
    return pattern === undefined ? (given) => given === one : (given) => pattern.test(given);
  });
  return (given) => wanted.some((matches) => matches(given));
}
