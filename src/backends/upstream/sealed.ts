import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import type { Peer } from '../../message/peer.ts';
import {
  type Channel,
  type CryptClient,
  CryptError,
  type InnerReply,
  outerReply,
  outerRequest,
  type PublicKey,
  type SealedRequest,
} from '../../wire/crypt/index.ts';
import type { Connections, ExchangeLimits, WireRequest } from './connections.ts';
import type { WireReply } from './reply.ts';

/**
 * Connections to scanners that have a key (`key`): everything about a message but its length goes encrypted, and
 * nothing but a reply that is encrypted for this very request is believed (HTTPCrypt).
 */
export class SealedConnections implements Connections {
  readonly #inner: Connections;
  readonly #client: CryptClient;
  readonly #scanner: PublicKey;

  constructor(inner: Connections, client: CryptClient, scanner: PublicKey) {
    this.#inner = inner;
    this.#client = client;
    this.#scanner = scanner;
  }

  async exchange(endpoint: Peer, request: WireRequest, limits: ExchangeLimits): Promise<WireReply> {
    const sealed = this.#seal(request);
    const fields = ['Content-Type', outerRequest.contentType, 'Key', sealed.keyHeader];
    const outer = { ...request, target: outerRequest.target, fields, body: sealed.body };
    return this.#open(await this.#inner.exchange(endpoint, outer, limits), sealed.channel);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #seal({ target, host, fields, body }: WireRequest): SealedRequest {
    const headers = new Headers(['Connection', 'close', 'Host', host, ...fields]);
    try {
      return this.#client.sealRequest({ target, headers, body }, this.#scanner);
    } catch (error) {
      if (!(error instanceof CryptError)) throw error;
      const code = error.kind === 'weak-key' ? 'INTERNAL' : 'BAD_REQUEST';
      throw new ScanError(code, `cannot encrypt the request: ${error.message}`, error);
    }
  }

  #open(reply: WireReply, channel: Channel): InnerReply {
    try {
      return this.#client.openReply(reply.body, channel);
    } catch (error) {
      if (!(error instanceof CryptError)) throw error;
      throw new ScanError('UPSTREAM_MALFORMED', looksSealed(reply) ? error.message : plainReply(reply), error);
    }
  }
}

const looksSealed = ({ status, headers }: WireReply): boolean =>
  status === outerReply.status && headers.get('Content-Type')?.toLowerCase() === outerReply.contentType;

const plainReply = ({ status, reason }: WireReply): string =>
  `an encrypted request got a reply in plain text (${status} ${reason.slice(0, 100)})`;
