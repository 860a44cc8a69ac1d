import type { ByteString } from '../bytes.ts';
import { type UrlFlag, urlFlagNames, urlFlags } from './flags.ts';

/** `unknown` for a scheme that rules have no name for. */
export type UrlProtocol = 'file' | 'ftp' | 'http' | 'https' | 'mailto' | 'telephone' | 'unknown';

/** Parts of a URL. UTF-8; empty where there is none. */
export interface UrlParts {
  /** The whole, normalised: escapes taken off, the host in lower case. */
  readonly text: ByteString;
  readonly scheme: ByteString;
  readonly protocol: UrlProtocol;
  readonly user: ByteString;
  readonly host: ByteString;
  /** The host without subdomains: the public suffix and one label more. */
  readonly tld: ByteString;
  /** As the URL gives it; 0 where it gives none. */
  readonly port: number;
  /** Without its first slash. */
  readonly path: ByteString;
  readonly query: ByteString;
  readonly fragment: ByteString;
}

/** A URL or an e-mail address of a message. */
export class Url {
  readonly parts: UrlParts;
  /** As the message has it. */
  raw: ByteString;
  /** Bits of `urlFlags`. */
  flags: number;
  /** How often it was found. */
  count = 1;
  /** Position among the URLs of all parts; undefined where it was found elsewhere. */
  order: number | undefined;
  /** Position among the URLs of its part. */
  partOrder: number | undefined;
  /** URLs in its query. */
  embedded = 0;
  /** Text of the link, UTF-8. */
  visible: ByteString | undefined;
  /** The URL that the link shows in place of this one, or the one whose query this one comes from. */
  linked: Url | undefined;

  constructor(parts: UrlParts, raw: ByteString, flags: number) {
    this.parts = parts;
    this.raw = raw;
    this.flags = flags;
  }

  get text(): ByteString {
    return this.parts.text;
  }

  get protocol(): UrlProtocol {
    return this.parts.protocol;
  }

  get host(): ByteString {
    return this.parts.host;
  }

  get tld(): ByteString {
    return this.parts.tld;
  }

  get isMail(): boolean {
    return this.protocol === 'mailto';
  }

  has(flag: UrlFlag): boolean {
    return (this.flags & urlFlags[flag]) !== 0;
  }

  add(flag: UrlFlag): void {
    this.flags |= urlFlags[flag];
  }

  get flagNames(): UrlFlag[] {
    return urlFlagNames(this.flags);
  }
}
