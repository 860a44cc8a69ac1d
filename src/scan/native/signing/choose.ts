import { type ByteString, lowerAscii, type PublicSuffixes } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import type { DomainSource, RequestFields, SignerSettings } from './settings.ts';

/** Where a key is. */
export type KeySource =
  /** `wanted`: somebody asked for this very file; otherwise a missing one means that there is nothing to sign with. */
  | { readonly kind: 'file'; readonly path: string; readonly wanted: boolean }
  /** `where`: for people. */
  | { readonly kind: 'content'; readonly content: string; readonly where: string }
  | { readonly kind: 'redis' }
  /** It knows the selector too. */
  | { readonly kind: 'vault' };

/** With what a message is to be signed. */
export interface SignerChoice {
  readonly domain: ByteString;
  readonly selector: string;
  readonly source: KeySource;
}

interface Client {
  readonly isAuthenticated: boolean;
  readonly isLocal: boolean;
  readonly isListed: boolean;
}

/**
 * By which keys a message is signed; none where it is not ours to sign (rspamd: lualib/lua_dkim_tools.lua).
 * @throws Error where nobody can tell
 */
export function chooseKeys(task: Task, settings: SignerSettings, suffixes: PublicSuffixes): readonly SignerChoice[] {
  const asked = settings.request === undefined ? undefined : fromRequest(task, settings.request);
  if (asked !== undefined) return asked;
  const client = clientOf(task, settings);
  if (client === undefined) return [];
  const { sender, from } = task.visible;
  const isBounce = (sender?.addr ?? '') === '';
  if (isBounce && !settings.allow.emptySender) return [];
  if (from.length > 1 && !settings.allow.multipleFrom) return [];
  const header = lowerAscii(from[0]?.domain ?? '');
  if (settings.signingTable !== undefined && (settings.keyTable ?? settings.vault) !== undefined)
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

/** @returns undefined for a message that is signed as usual */
function fromRequest(
  { headers }: Task,
  { sign, domain, selector, key, fallback }: RequestFields,
): readonly SignerChoice[] | undefined {
  if (!headers.has(sign)) return fallback ? undefined : [];
  const [ofDomain, ofSelector, content] = [domain, selector, key].map((name) => headers.get(name));
  if (ofDomain === undefined || ofSelector === undefined || content === undefined)
    throw new Error(`the request asks for a signature, but has not all of ${domain}, ${selector} and ${key}`);
  const source = { kind: 'content', content, where: `field ${key} of the request` } as const;
  return [{ domain: ofDomain, selector: ofSelector, source }];
}

/** Whether a message gets a signature though another one does not hold. */
export function mayBeBroken({ headers }: Task, { request, checkViolation }: SignerSettings): boolean {
  if (request === undefined || !headers.has(request.sign)) return !checkViolation;
  return !['', '0', 'false'].includes(headers.get(request.signRejected) ?? '');
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
  const { vault, redis } = settings;
  const inVault: readonly SignerChoice[] =
    vault?.has(domain) === true ? [{ domain, selector: settings.selector, source: { kind: 'vault' } }] : [];
  const own = settings.domains.get(domain) ?? [];
  const mapped = { selector: settings.selectorMap?.(domain), path: settings.pathMap?.(domain) };
  const isMapped = mapped.selector !== undefined || mapped.path !== undefined;
  if (own.length === 0 && inVault.length > 0 && redis === undefined) return inVault;
  if (own.length === 0 && !isMapped && !settings.fallback) return [];
  const keys = (own.length > 0 ? own : [mapped]).map((key): SignerChoice => {
    const selector = key.selector ?? mapped.selector ?? settings.selector;
    if (redis !== undefined) return { domain, selector, source: { kind: 'redis' } };
    const path = (key.path ?? mapped.path ?? settings.path)
      .replace(/\$\{?domain\}?/g, domain)
      .replace(/\$\{?selector\}?/g, selector);
    const wanted = key.path !== undefined || mapped.path !== undefined;
    return { domain, selector, source: { kind: 'file', path, wanted } };
  });
  return redis === undefined ? [...inVault, ...keys] : keys;
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
  if (entry === undefined) return [];
  const name = entry === '%' ? header : entry;
  const found = settings.keyTable?.(name);
  if (found === undefined)
    return settings.vault === undefined
      ? []
      : [{ domain: name, selector: settings.selector, source: { kind: 'vault' } }];
  const parts = found.split(':');
  const [domain = '', key = ''] = [parts[0], parts.at(-1)];
  if (parts.length !== 2 && parts.length !== 3)
    throw new Error(`the entry ${JSON.stringify(entry)} of the key table is not domain:key or domain:selector:key`);
  const fill = (text: string): string => text.replaceAll('%', header);
  const source: KeySource = /^(?:\/|\.\.?\/)/.test(key)
    ? { kind: 'file', path: fill(key), wanted: true }
    : { kind: 'content', content: key, where: `the key table for ${fill(domain)}` };
  return [{ domain: fill(domain), selector: parts.length === 3 ? (parts[1] as string) : settings.selector, source }];
}
