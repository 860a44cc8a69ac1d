import type { UclObject } from '../../../ucl/index.ts';
import {
  type ByteString,
  type EmailAddress,
  fromText,
  lowerAscii,
  type MimePart,
  type PublicSuffixes,
  parseHeaderAddresses,
  parseInetAddress,
  type Url,
} from '../../message/index.ts';
import { compileRegexp, type Regexp, Subject, takeApart } from '../../regexp/index.ts';
import type { Task } from '../../task.ts';
import { flagOption, textOption, textsOption } from '../options.ts';
import { poolVariable, poolVariables, type Selectors, urlFields, usualUrls } from '../selectors/index.ts';
import { receivedValues } from './received.ts';

/** What of a message is looked for in a map: of each value the keys, which are told together where one is found. */
export type Values = (task: Task) => readonly (readonly ByteString[])[];

export interface Reading {
  readonly values: Values;
  /** The keys are addresses of hosts. */
  readonly isIp: boolean;
}

export interface ValuesWorld {
  readonly suffixes: PublicSuffixes;
  readonly selectors: Selectors;
}

type Filter = (value: ByteString) => readonly ByteString[];

/**
 * Reads what a rule looks at (rspamd: src/plugins/lua/multimap.lua:multimap_callback).
 * @throws Error for a type or a filter that is not known here
 */
export function readValues(type: string, section: UclObject, world: ValuesWorld): Reading {
  const filter = textOption(section, 'filter');
  const { suffixes } = world;
  const plain = (values: Values): Reading => ({ values, isIp: filter === 'ip_addr' });
  const filtered = (values: (task: Task) => readonly ByteString[], change: Filter): Reading =>
    plain((task) => values(task).map(change).filter(isSomething));
  switch (type) {
    case 'ip':
      return { values: ({ ip }) => single(ip), isIp: true };
    case 'from':
    case 'rcpt':
      return plain(addresses(type, textOption(section, 'extract_from') ?? 'default', filter, suffixes));
    case 'header': {
      const names = textsOption(section, 'header') ?? [];
      if (names.length === 0) throw new Error('it names no header');
      return filtered(
        ({ message }) => names.flatMap((name) => message.headers.getAll(name).map(({ decodedBytes }) => decodedBytes)),
        addressFilter(filter, suffixes),
      );
    }
    case 'helo':
      return filtered(({ envelope }) => some(envelope.helo), hostFilter(filter, suffixes));
    case 'hostname':
      return filtered(({ hostname }) => some(hostname), hostFilter(filter, suffixes));
    case 'user':
      return plain(({ user }) => single(user));
    case 'asn':
    case 'country':
      return plain((task) => single(poolVariable(task, type)));
    case 'mempool': {
      const name = textOption(section, 'variable');
      if (name === undefined) throw new Error('it names no variable');
      if (!poolVariables.has(name)) throw new Error(`variable ${JSON.stringify(name)} of the pool is not known here`);
      return filtered((task) => some(poolVariable(task, name)), groupFilter(filter));
    }
    case 'received':
      return receivedValues(section, suffixes);
    case 'filename':
      return filtered(fileNames(section), fileFilter(filter));
    case 'url': {
      const partOf = urlPart(filter);
      return plain((task) =>
        usualUrls(task)
          .map((url) => some(partOf(url)))
          .filter(isSomething),
      );
    }
    case 'content': {
      const of = contents(filter ?? 'full');
      return plain((task) => of(task).map((content) => [content]));
    }
    case 'selector': {
      const text = textOption(section, 'selector');
      if (text === undefined) throw new Error('it has no selector');
      return filtered(selectorOf(section, text, world.selectors), groupFilter(filter));
    }
    case 'symbol_options': {
      const symbol = textOption(section, 'target_symbol');
      if (symbol === undefined) throw new Error('it has no target_symbol');
      return filtered(
        ({ results }) => [...(results.symbols.get(symbol)?.options ?? [])].map(fromText),
        groupFilter(filter),
      );
    }
    default:
      throw new Error(`type ${JSON.stringify(type)} is not known here`);
  }
}

/** Selectors as option `combinator` puts them together. @throws Error for an unknown one */
export function selectorOf(
  section: UclObject,
  text: string,
  selectors: Selectors,
): (task: Task) => readonly ByteString[] {
  switch (textOption(section, 'combinator') ?? 'string') {
    case 'string':
      return selectors.combined(text, textOption(section, 'delimiter') ?? '');
    case 'array':
      return selectors.flat(text);
    default:
      throw new Error('combinator is string or array; object is for external maps of settings');
  }
}

function some(value: ByteString | undefined): readonly ByteString[] {
  return value === undefined || value === '' ? [] : [value];
}

function single(value: ByteString | undefined): readonly (readonly ByteString[])[] {
  return [some(value)].filter(isSomething);
}

function isSomething(keys: readonly ByteString[]): boolean {
  return keys.length > 0;
}

function unknown(filter: string): Error {
  return new Error(`filter ${JSON.stringify(filter)} is not known here`);
}

/**
 * Of the envelope, of the message or of both; where nothing is said those of the envelope if there are some. Without a
 * filter their domains and users count too, behind all addresses.
 */
function addresses(type: 'from' | 'rcpt', which: string, filter: string | undefined, suffixes: PublicSuffixes): Values {
  const smtp = ({ visible }: Task): readonly EmailAddress[] =>
    type === 'rcpt' ? visible.recipients : visible.sender === undefined ? [] : [visible.sender];
  const mime = ({ visible }: Task): readonly EmailAddress[] => (type === 'rcpt' ? visible.to : visible.from);
  const listsOf = (task: Task): readonly (readonly EmailAddress[])[] => {
    switch (which) {
      case 'smtp':
        return [smtp(task)];
      case 'mime':
        return [mime(task)];
      case 'both':
        return [smtp(task), mime(task)];
      default:
        return [smtp(task).some(({ addr }) => addr !== '') ? smtp(task) : mime(task)];
    }
  };
  if (filter !== undefined) {
    const change = addressFilter(filter, suffixes);
    return (task) =>
      listsOf(task).flatMap((list) => list.flatMap(({ addr }) => some(addr).map(change)).filter(isSomething));
  }
  return (task) =>
    listsOf(task).flatMap((list) =>
      (['addr', 'domain', 'user'] as const).flatMap((part) => list.flatMap((address) => single(address[part]))),
    );
}

type AddressPart = (address: EmailAddress, suffixes: PublicSuffixes) => ByteString | undefined;

const addressParts: ReadonlyMap<string, AddressPart> = new Map<string, AddressPart>([
  ['email', ({ addr }) => addr],
  ['email:addr', ({ addr }) => addr],
  ['email:user', ({ user }) => user],
  ['email:domain', ({ domain }) => domain],
  ['email:domain:tld', ({ domain }, suffixes) => domainOf(domain, suffixes)],
  ['email:name', ({ name }) => name],
]);

/** What is not as the filter expects it stays as it is. */
function addressFilter(filter: string | undefined, suffixes: PublicSuffixes): Filter {
  if (filter === undefined) return some;
  if (filter === 'ip_addr') return (value) => some(parseInetAddress(value)?.text ?? value);
  const part = addressParts.get(filter);
  if (part !== undefined)
    return (value) => {
      const found = parseHeaderAddresses(value).filter(({ addr }) => addr !== '');
      return found.length === 0 ? some(value) : found.map((address) => part(address, suffixes) ?? '');
    };
  const regexp = regexpOf(filter);
  return (value) => some(regexp.exec(new Subject(value))?.groups[0] ?? value);
}

/** The expression behind `regexp:`. @throws Error where there is none */
function regexpOf(filter: string, before = ''): Regexp {
  const start = `${before}regexp:`;
  if (!filter.startsWith(start)) throw unknown(filter);
  return compileRegexp(takeApart(filter.slice(start.length)));
}

function wholeMatch(regexp: Regexp): Filter {
  return (value) => some(regexp.exec(new Subject(value))?.groups[0]);
}

/** What the first group of the expression finds. */
function groupFilter(filter: string | undefined): Filter {
  if (filter === undefined) return some;
  if (filter === 'ip_addr') return some;
  const regexp = regexpOf(filter);
  return (value) => some(regexp.exec(new Subject(value))?.groups[1]);
}

function hostFilter(filter: string | undefined, suffixes: PublicSuffixes): Filter {
  switch (filter) {
    case undefined:
    case 'ip_addr':
      return some;
    case 'tld':
      return (host) => some(domainOf(host, suffixes));
    case 'top':
      return (host) => some(domainOf(host, suffixes).split('.').at(-1));
    default: {
      const find = wholeMatch(regexpOf(filter, 'tld:'));
      return (host) => find(domainOf(host, suffixes));
    }
  }
}

/** The domain somebody registered; the host itself where no suffix is known. */
function domainOf(host: ByteString, suffixes: PublicSuffixes): ByteString {
  return suffixes.registered(lowerAscii(host)) || host;
}

function fileFilter(filter: string | undefined): Filter {
  if (filter === undefined) return some;
  if (filter === 'extension' || filter === 'ext') return (name) => some(/\.([^.]+)$/.exec(name)?.[1]);
  return wholeMatch(regexpOf(filter));
}

/** Names of an archive that are looked at. */
const maxPackedNames = 1000;

/** Of files, of what is in their archives, and `detected.…` for what their content is. */
function fileNames(section: UclObject): (task: Task) => readonly ByteString[] {
  const [skipArchives, skipDetected] = [flagOption(section, 'skip_archives'), flagOption(section, 'skip_detected')];
  return ({ message }) =>
    message.parts.filter(isFile).flatMap(({ filename, archive, detected }) => {
      const files = skipArchives === true || detected?.type !== 'archive' ? [] : (archive?.files ?? []);
      const looks = skipDetected === true || detected === undefined ? [] : [`detected.${detected.ext}`];
      return [...files.slice(0, maxPackedNames).map(({ name }) => name), ...some(filename), ...looks];
    });
}

function isFile({ kind, hasAttachmentDisposition, filename, headers }: MimePart): boolean {
  if (hasAttachmentDisposition || (filename !== '' && !headers.has('content-id'))) return true;
  return kind !== 'text' && kind !== 'multipart';
}

function urlPart(filter: string | undefined): (url: Url) => ByteString | undefined {
  const [, where = '', pattern] = /^(tld:|full:|)regexp:(.+)$/s.exec(filter ?? '') ?? [];
  if (pattern !== undefined) {
    const find = wholeMatch(compileRegexp(takeApart(pattern)));
    return (url) => find(where === 'tld:' ? url.tld : where === 'full:' ? url.text : url.host)[0];
  }
  const template = /^template:(.+)$/s.exec(filter ?? '')?.[1];
  if (template !== undefined) return (url) => filled(template, urlFields(url));
  switch (filter) {
    case undefined:
      return ({ host }) => host;
    case 'tld':
      return ({ tld }) => tld;
    case 'top':
      return ({ tld }) => tld.split('.').at(-1);
    case 'full':
      return ({ text }) => text;
    case 'path':
      return ({ parts }) => parts.path;
    case 'query':
      return ({ parts }) => parts.query;
    case 'is_phished':
    case 'is_redirected':
    case 'is_obscured': {
      const flag = ({ is_phished: 'phished', is_redirected: 'redirected', is_obscured: 'obscured' } as const)[filter];
      return (url) => (url.has(flag) ? url.host : undefined);
    }
    default:
      throw unknown(filter);
  }
}

/** `$name` and `${name}` (rspamd: lualib/lua_util.lua:template); a name that there is not stays. */
function filled(template: string, fields: Readonly<Record<string, ByteString>>): ByteString {
  return template.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (_, bare: string | undefined, braced = '') => fields[bare ?? braced] ?? bare ?? braced,
  );
}

function contents(filter: string): (task: Task) => readonly ByteString[] {
  switch (filter) {
    case 'body':
      return ({ message }) => [message.body];
    case 'full':
      return ({ message }) => [message.text];
    case 'headers':
      return ({ message }) => [message.rawHeaders];
    case 'text':
      return ({ message }) => message.textParts.map(({ content }) => content);
    case 'rawtext':
      return ({ message }) => message.textParts.map(({ source }) => source);
    case 'oneline':
      return ({ message }) => message.textParts.map(({ oneLine }) => oneLine);
    default:
      throw unknown(filter);
  }
}
