import type { ByteString } from '../../message/index.ts';
import type { Task } from '../../task.ts';

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'md5' | 'blake2';

/** What is looked up in a list. */
export interface ListChecks {
  /** Address of the client. */
  readonly from: boolean;
  /** Addresses of earlier hops. */
  readonly received: boolean;
  readonly helo: boolean;
  /** Name of the client. */
  readonly rdns: boolean;
  /** Domains whose DKIM signature holds. */
  readonly dkim: boolean;
  /** E-mail addresses of the texts. */
  readonly emails: boolean;
  readonly replyto: boolean;
  readonly urls: boolean;
  /** URLs of attached documents. */
  readonly contentUrls: boolean;
  readonly images: boolean;
  readonly numericUrls: boolean;
}

/** Which of several hops count; positions from 1, below zero from the end. */
export interface HopLimits {
  readonly minPosition: number | undefined;
  readonly maxPosition: number | undefined;
  readonly flags: readonly string[];
  readonly notFlags: readonly string[];
}

/** Something of a message, by a name that shows in options. */
export interface Selector {
  readonly label: string;
  readonly select: (task: Task) => readonly ByteString[];
}

/** How an answer is read. */
export type Verdicts =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'codes';
      readonly symbols: ReadonlyArray<readonly [symbol: string, fits: (ip: string) => boolean]>;
    }
  | { readonly kind: 'bits'; readonly symbols: ReadonlyArray<readonly [symbol: string, masks: readonly number[]]> };

/** A list of DNS (rspamd: lualib/plugins/rbl.lua). */
export interface DnsList {
  readonly symbol: string;
  readonly zone: string;
  readonly checks: ListChecks;
  readonly selectors: readonly Selector[];
  readonly hops: HopLimits;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly verdicts: Verdicts;
  /** Insert the symbol of the list for an answer that none fits. */
  readonly unknown: boolean;
  /** Symbols are made of one of these, by the label, and the name. */
  readonly prefixes: ReadonlyMap<string, string> | undefined;
  readonly excludeUsers: boolean;
  readonly excludeLocal: boolean;
  /** Further addresses that count as ours. */
  readonly excluded: ((ip: string) => boolean) | undefined;
  /** Somebody says that the zone is not to be asked any more. */
  readonly isOff: () => boolean;
  /** URLs whose host is an address are not looked up. */
  readonly noIp: boolean;
  /** Names are resolved, and their addresses looked up. */
  readonly resolveIp: boolean;
  /** Registered domains in place of whole names. */
  readonly dkimDomainOnly: boolean;
  readonly emailsDomainOnly: boolean;
  readonly emailsDelimiter: string | undefined;
  /** Of DKIM domains only the one that is aligned with From. */
  readonly dkimMatchFrom: boolean;
  readonly urlFullHostname: boolean;
  readonly hash: HashName | undefined;
  readonly hashFormat: 'hex' | 'base32' | 'base64';
  readonly hashLength: number | undefined;
  /** What it finds keeps others from looking that up. */
  readonly isWhitelist: boolean;
  /** Symbols of it that do not. */
  readonly whitelistExceptions: ReadonlySet<string>;
  readonly ignoreWhitelist: boolean;
  /** Elements that are not looked up. */
  readonly whitelist: ((element: string) => boolean) | undefined;
  readonly requireSymbols: readonly string[];
  readonly requestsLimit: number;
  /** Name below the zone that must not exist; undefined where the list is not watched. */
  readonly monitored: { readonly prefix: string; readonly random: boolean } | undefined;
}

/** The symbol with its prefix, where there is one. */
export function symbolFor({ prefixes }: DnsList, symbol: string, label: string): string {
  const prefix = prefixes?.get(label);
  return prefix === undefined ? symbol : `${prefix}_${symbol}`;
}

/** All symbols that a list may insert, but the one for failures. */
export function symbolsOf(list: DnsList): readonly string[] {
  const names = list.verdicts.kind === 'any' ? [] : list.verdicts.symbols.map(([symbol]) => symbol);
  const all = [list.symbol, ...names];
  const { prefixes } = list;
  const spelled =
    prefixes === undefined ? all : all.flatMap((name) => [...prefixes.values()].map((prefix) => `${prefix}_${name}`));
  return [...new Set(spelled)];
}
