import { decodeBase32 } from './base32.ts';
import { bodyOverhead, nonceBytes, openBody, sealBody } from './box.ts';
import type { Cipher } from './cipher.ts';
import { ClientKey } from './client-key.ts';
import { CryptError } from './errors.ts';
import { frameMessage, type InnerReply, type InnerRequest, parseReply, parseRequest } from './inner.ts';
import { type KeyPair, type PublicKey, readPublicKey, shortIdBytes } from './keys.ts';
import { ReplayGuard } from './replay.ts';
import { SharedKeys } from './secrets.ts';

/** What an encrypted request looks like from outside (rspamd: http_connection.c:rspamd_http_connection_write_message_common). */
export const outerRequest = { method: 'POST', target: '/post', contentType: 'application/octet-stream' } as const;

/** What every encrypted reply looks like from outside, whatever its real status. */
export const outerReply = { status: 200, reason: 'OK', contentType: 'application/octet-stream' } as const;

/** Room for nonce and MAC. */
const freeBytes = Buffer.alloc(bodyOverhead);

/** The two keys of one exchange: a reply is encrypted with the pair of its request. */
export interface Channel {
  readonly own: KeyPair;
  readonly peer: PublicKey;
}

export interface SealedRequest {
  /** Value of the `Key` header: whom the message is for, and whom the reply is for. */
  readonly keyHeader: string;
  readonly body: Buffer;
  /** To open the reply with. */
  readonly channel: Channel;
}

/** The client's end of HTTPCrypt: one per process. */
export class CryptClient {
  readonly #cipher: Cipher;
  readonly #keys: SharedKeys;
  readonly #clientKey: ClientKey;

  /** @param cacheSize `http { client { cache_size } }` */
  constructor(cipher: Cipher, clientKey: ClientKey = new ClientKey(), cacheSize?: number) {
    this.#cipher = cipher;
    this.#keys = new SharedKeys(cipher, cacheSize);
    this.#clientKey = clientKey;
  }

  /**
   * The method is POST with a body and GET without, as Rspamd has it. Content-Length is written here, every other
   * header as given.
   *
   * @throws CryptError `weak-key`, or `inner` where target or headers are not fit for HTTP
   */
  sealRequest(request: Omit<InnerRequest, 'method'>, server: PublicKey): SealedRequest {
    const channel = { own: this.#clientKey.get(), peer: server };
    const withBody = request.body.length > 0;
    if (!/^[\x21-\x7e\x80-\xff]+$/.test(request.target)) throw new CryptError('inner', 'bad request target');
    const startLine = `${withBody ? 'POST' : 'GET'} ${request.target} HTTP/1.0`;
    const frame = frameMessage(startLine, request.headers, request.body, withBody);
    return {
      keyHeader: `${server.shortId}=${channel.own.publicKey}`,
      body: sealBody(this.#cipher, frame, this.#keys.get(channel.own, server)),
      channel,
    };
  }

  /** @throws CryptError; a reply that is not encrypted with the pair of the request is a failure, never a plain reply */
  openReply(body: Buffer, channel: Channel): InnerReply {
    return parseReply(open(this.#cipher, this.#keys.get(channel.own, channel.peer), body));
  }
}

export interface OpenedRequest {
  readonly request: InnerRequest;
  /** To seal the reply with, error replies included. */
  readonly channel: Channel;
}

/** The server's end of HTTPCrypt: one per worker that has a `keypair`. */
export class CryptServer {
  readonly #cipher: Cipher;
  readonly #keys: SharedKeys;
  readonly #pairs: readonly KeyPair[];
  readonly #guard: ReplayGuard;

  /** @param cacheSize `http { server { cache_size } }` */
  constructor(cipher: Cipher, pairs: readonly KeyPair[], cacheSize?: number, guard: ReplayGuard = new ReplayGuard()) {
    this.#cipher = cipher;
    this.#keys = new SharedKeys(cipher, cacheSize);
    this.#pairs = pairs.filter(({ type }) => type === 'kex');
    this.#guard = guard;
  }

  /**
   * Whether a request is an encrypted one, which only openRequest may answer: it has a `Key` header with a `=`, and
   * there is a key pair. Rspamd takes everything else as plain (http_connection.c:rspamd_http_parse_key).
   */
  isSealed(keyHeader: string | undefined): keyHeader is string {
    return keyHeader?.includes('=') === true && this.#pairs.length > 0;
  }

  /** @throws CryptError; Rspamd closes the connection without a byte on every one of them */
  openRequest(keyHeader: string, body: Buffer): OpenedRequest {
    const channel = this.#readKeyHeader(keyHeader);
    if (body.length < bodyOverhead) throw new CryptError('short');
    const name = channel.peer.lookup + body.toString('latin1', 0, nonceBytes);
    if (this.#guard.seen(name)) throw new CryptError('replayed');
    const plain = open(this.#cipher, this.#keys.get(channel.own, channel.peer), body);
    this.#guard.remember(name);
    return { request: parseRequest(plain), channel };
  }

  /** The body of the outer reply. @param message the whole inner one, in pieces, as an HTTP client would get it */
  sealReply(message: readonly Buffer[], channel: Channel): Buffer {
    const frame = Buffer.concat([freeBytes, ...message]);
    return sealBody(this.#cipher, frame, this.#keys.get(channel.own, channel.peer));
  }

  /** `ID=KEY`: the first five bytes of ID name the server's key, KEY is the client's. */
  #readKeyHeader(value: string): Channel {
    const at = value.indexOf('=');
    const id = decodeBase32(value.slice(0, Math.max(at, 0)));
    const peer = readPublicKey(value.slice(at + 1));
    if (id === undefined || id.length < shortIdBytes || peer === undefined) throw new CryptError('key-syntax');
    const own = this.#pairs.find(({ publicKey }) => id.compare(publicKey.id, 0, shortIdBytes, 0, shortIdBytes) === 0);
    if (own === undefined) throw new CryptError('unknown-key');
    return { own, peer };
  }
}

function open(cipher: Cipher, key: Uint8Array, body: Buffer): Buffer {
  if (body.length < bodyOverhead) throw new CryptError('short');
  const plain = openBody(cipher, body, key);
  if (plain === undefined) throw new CryptError('forged');
  return plain;
}
