import type { UclObject } from '../../../ucl/index.ts';
import type { ByteString, EmailAddress, Url } from '../../message/index.ts';
import { parseHeaderAddresses } from '../../message/index.ts';
import { compileRegexp, Subject, takeApart } from '../../regexp/index.ts';
import type { Task } from '../../task.ts';
import { flagOption, textOption, textsOption } from '../options.ts';
import { compileSelector } from '../rbl/index.ts';

/** What of a message is looked for in a map. */
export type Values = (task: Task) => readonly ByteString[];

type Filter = (value: ByteString) => readonly ByteString[];

/** @throws Error for a type or a filter that is not known here */
export function readValues(type: string, section: UclObject): Values {
  const filter = textOption(section, 'filter');
  switch (type) {
    case 'ip':
      return without(filter, ({ ip }) => some(ip));
    case 'from':
      return senders(textOption(section, 'extract_from') ?? 'smtp', filter);
    case 'rcpt':
      return recipients(textOption(section, 'extract_from') ?? 'smtp', filter);
    case 'header': {
      const names = textsOption(section, 'header') ?? [];
      if (names.length === 0) throw new Error('it names no header');
      return filtered(
        ({ message }) => names.flatMap((name) => message.headers.getAll(name).map(({ decodedBytes }) => decodedBytes)),
        addressFilter(filter),
      );
    }
    case 'helo':
      return filtered(({ envelope }) => some(envelope.helo), plainFilter(filter));
    case 'hostname':
      return filtered(({ hostname }) => some(hostname), plainFilter(filter));
    case 'user':
      return without(filter, ({ user }) => some(user));
    case 'filename':
      return filtered(fileNames(section), fileFilter(filter));
    case 'url': {
      const partOf = urlPart(filter);
      return ({ message }) =>
        [...message.urls].filter((url) => !url.isMail && !url.has('image')).flatMap((url) => some(partOf(url)));
    }
    case 'content':
      return contents(filter ?? '');
    case 'selector':
      return filtered(compileSelector(textOption(section, 'selector') ?? ''), plainFilter(filter));
    case 'symbol_options': {
      const symbol = textOption(section, 'target_symbol');
      if (symbol === undefined) throw new Error('it has no target_symbol');
      return filtered(({ results }) => [...(results.symbols.get(symbol)?.options ?? [])], plainFilter(filter));
    }
    default:
      throw new Error(`type ${JSON.stringify(type)} is not known here`);
  }
}

function some(value: ByteString | undefined): readonly ByteString[] {
  return value === undefined || value === '' ? [] : [value];
}

function without(filter: string | undefined, values: Values): Values {
  if (filter !== undefined) throw unknown(filter);
  return values;
}

function filtered(values: Values, filter: Filter): Values {
  return (task) => values(task).flatMap(filter);
}

function unknown(filter: string): Error {
  return new Error(`filter ${JSON.stringify(filter)} is not known here`);
}

function senders(which: string, filter: string | undefined): Values {
  return addresses(
    which,
    filter,
    ({ visible: { sender } }) => (sender === undefined ? [] : [sender]),
    ({ visible }) => visible.from.slice(0, 1),
  );
}

function recipients(which: string, filter: string | undefined): Values {
  return addresses(
    which,
    filter,
    ({ visible }) => visible.recipients,
    ({ visible }) => visible.to,
  );
}

type Addresses = (task: Task) => readonly EmailAddress[];

/** Of the envelope, of the message or of both; where nothing says which part of them, also domain and user count. */
function addresses(which: string, filter: string | undefined, smtp: Addresses, mime: Addresses): Values {
  const taken: Addresses = which === 'mime' ? mime : which === 'both' ? (task) => [...smtp(task), ...mime(task)] : smtp;
  if (filter === undefined)
    return (task) => taken(task).flatMap(({ addr, domain, user }) => [...some(addr), ...some(domain), ...some(user)]);
  return filtered((task) => taken(task).map(({ addr }) => addr), addressFilter(filter));
}

const addressParts: ReadonlyMap<string, (address: EmailAddress) => ByteString | undefined> = new Map([
  ['email', ({ addr }) => addr],
  ['email:addr', ({ addr }) => addr],
  ['email:user', ({ user }) => user],
  ['email:domain', ({ domain }) => domain],
  ['email:name', ({ name }) => name],
]);

function addressFilter(filter: string | undefined): Filter {
  const part = addressParts.get(filter ?? '');
  if (part === undefined) return plainFilter(filter);
  return (value) => parseHeaderAddresses(value).flatMap((address) => some(part(address)));
}

/** `regexp:/…/`: what it finds, its first group where it has one. */
function plainFilter(filter: string | undefined): Filter {
  if (filter === undefined) return (value) => [value];
  const [, pattern] = /^regexp:(.+)$/s.exec(filter) ?? [];
  if (pattern === undefined) throw unknown(filter);
  const regexp = compileRegexp(takeApart(pattern));
  return (value) => {
    const [whole, group] = regexp.exec(new Subject(value))?.groups ?? [];
    return some(group ?? whole);
  };
}

function fileFilter(filter: string | undefined): Filter {
  if (filter !== 'extension' && filter !== 'ext') return plainFilter(filter);
  return (name) => some(/\.([^.]+)$/.exec(name)?.[1]);
}

/** Of files, of what is in their archives, and `detected.…` for what their content is. */
function fileNames(section: UclObject): Values {
  const [skipArchives, skipDetected] = [flagOption(section, 'skip_archives'), flagOption(section, 'skip_detected')];
  return ({ message }) =>
    message.parts.flatMap((part) => {
      const { kind, filename, archive, detected } = part;
      if (kind === 'multipart' || (kind === 'text' && filename === '')) return [];
      const packed = skipArchives === true ? [] : (archive?.files ?? []).map(({ name }) => name);
      const looks = skipDetected === true || detected === undefined ? [] : [`detected.${detected.ext}`];
      return [...packed, ...some(filename), ...looks];
    });
}

function urlPart(filter: string | undefined): (url: Url) => ByteString | undefined {
  switch (filter) {
    case undefined:
      return ({ host }) => host;
    case 'tld':
      return ({ tld }) => tld;
    case 'top':
      return ({ tld }) => tld.split('.').at(-1);
    case 'full':
      return ({ text }) => text;
    case 'is_phished':
      return (url) => (url.has('phished') ? url.host : undefined);
    case 'is_obscured':
      return (url) => (url.has('obscured') ? url.host : undefined);
    default: {
      const find = plainFilter(filter);
      return ({ host }) => find(host)[0];
    }
  }
}

function contents(filter: string): Values {
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
