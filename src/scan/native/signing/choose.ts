import { type ByteString, lowerAscii, type PublicSuffixes } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import type { DomainSource, SignerSettings } from './settings.ts';

/** With what a message is to be signed. */
export interface SignerChoice {
  readonly domain: ByteString;
  readonly selector: string;
  /** Of a file. */
  readonly path: string | undefined;
  /** That stands in the configuration. */
  readonly content: string | undefined;
  /** Somebody asked for this very key; otherwise a missing file means that there is nothing to sign with. */
  readonly wanted: boolean;
}

interface Client {
  readonly isAuthenticated: boolean;
  readonly isLocal: boolean;
  readonly isListed: boolean;
}

/** By which keys a message is signed; none where it is not ours to sign (rspamd: lualib/lua_dkim_tools.lua). */
export function chooseKeys(task: Task, settings: SignerSettings, suffixes: PublicSuffixes): readonly SignerChoice[] {
  const client = clientOf(task, settings);
  if (client === undefined) return [];
  const { sender, from } = task.visible;
  const isBounce = (sender?.addr ?? '') === '';
  if (isBounce && !settings.allow.emptySender) return [];
  if (from.length > 1 && !settings.allow.multipleFrom) return [];
  const header = lowerAscii(from[0]?.domain ?? '');
  if (settings.signingTable !== undefined && settings.keyTable !== undefined)
    return fromTables(settings, lowerAscii(from[0]?.addr ?? ''), header, client);
  const named = domainOf(task, sourceFor(settings, client, task), header);
  if (named === '') return [];
  const registered = (name: ByteString): ByteString => (settings.registered ? suffixes.registered(name) || name : name);
  const domain = registered(named);
  const envelope = registered(lowerAscii(sender?.domain ?? ''));
  if (!isBounce && envelope !== '' && header !== '' && envelope !== registered(header) && !mayDiffer(settings, client))
    return [];
  if (task.user !== undefined && !settings.allow.otherUser && registered(userDomain(task.user)) !== domain) return [];
  return keysFor(domain, settings);
}

function clientOf(task: Task, settings: SignerSettings): Client | undefined {
  const isAuthenticated = settings.authenticated && task.user !== undefined;
  const isListed = !isAuthenticated && task.ip !== undefined && settings.networks?.(task.ip) === true;
  const { isLocal } = task;
  const isInbound = settings.inbound && !isLocal && task.user === undefined;
  return isAuthenticated || isListed || (settings.local && isLocal) || isInbound
    ? { isAuthenticated, isListed, isLocal }
    : undefined;
}

function sourceFor(settings: SignerSettings, client: Client, task: Task): DomainSource {
  const { domainNetworks, domainLocal, domainInbound, domain } = settings;
  if (domainNetworks !== undefined && client.isListed) return domainNetworks;
  if (domainLocal !== undefined && client.isLocal) return domainLocal;
  if (domainInbound !== undefined && !client.isLocal && task.user === undefined) return domainInbound;
  return domain;
}

function domainOf({ visible, user }: Task, source: DomainSource, header: ByteString): ByteString {
  switch (source) {
    case 'header':
      return header;
    case 'envelope':
      return lowerAscii(visible.sender?.domain ?? '');
    case 'auth':
      return userDomain(user ?? '');
    case 'recipient':
      return lowerAscii((visible.recipients[0] ?? visible.to[0])?.domain ?? '');
    default:
      return source.domain;
  }
}

function userDomain(user: ByteString): ByteString {
  const at = user.lastIndexOf('@');
  return at < 0 ? '' : lowerAscii(user.slice(at + 1));
}

function mayDiffer({ allow }: SignerSettings, { isLocal, isListed }: Client): boolean {
  return allow.mismatch || (allow.mismatchLocal && isLocal) || (allow.mismatchNetworks && isListed);
}

function keysFor(domain: ByteString, settings: SignerSettings): readonly SignerChoice[] {
  const own = settings.domains.get(domain) ?? [];
  const mapped = { selector: settings.selectorMap?.(domain), path: settings.pathMap?.(domain) };
  const isMapped = mapped.selector !== undefined || mapped.path !== undefined;
  if (own.length === 0 && !isMapped && !settings.fallback) return [];
  const keys = own.length > 0 ? own : [mapped];
  return keys.map((key) => {
    const selector = key.selector ?? mapped.selector ?? settings.selector;
    const path = key.path ?? mapped.path ?? settings.path;
    return {
      domain,
      selector,
      path: path.replace(/\$\{?domain\}?/g, domain).replace(/\$\{?selector\}?/g, selector),
      content: undefined,
      wanted: key.path !== undefined || mapped.path !== undefined,
    };
  });
}

/** Entries `domain:key` or `domain:selector:key`; `%` stands for the domain of From. */
function fromTables(
  settings: SignerSettings,
  address: ByteString,
  header: ByteString,
  client: Client,
): readonly SignerChoice[] {
  if (address === '' || !(client.isListed || client.isAuthenticated || (settings.local && client.isLocal))) return [];
  const entry = settings.signingTable?.(address);
  const found = entry === undefined ? undefined : settings.keyTable?.(entry === '%' ? header : entry);
  if (found === undefined) return [];
  const parts = found.split(':');
  const [domain = '', key = ''] = [parts[0], parts.at(-1)];
  if (parts.length !== 2 && parts.length !== 3)
    throw new Error(`the entry ${JSON.stringify(entry)} of the key table is not domain:key or domain:selector:key`);
  const fill = (text: string): string => text.replaceAll('%', header);
  const isPath = /^(?:\/|\.\.?\/)/.test(key);
  return [
    {
      domain: fill(domain),
      selector: parts.length === 3 ? (parts[1] as string) : settings.selector,
      path: isPath ? fill(key) : undefined,
      content: isPath ? undefined : key,
      wanted: true,
    },
  ];
}
