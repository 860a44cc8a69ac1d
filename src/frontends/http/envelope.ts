import { ScanError } from '../../message/errors.ts';
import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import { isLoopback, type Peer } from '../../message/peer.ts';
import { CryptError, type InnerRequest, outerReply } from '../../wire/crypt/index.ts';
import { hasToken } from '../../wire/http/index.ts';
import type { Dialect } from './dialect.ts';
import { httpFailure, httpReply } from './http-reply.ts';
import type { HttpOptions } from './options.ts';
import { endsHere } from './received.ts';

/** Whether a request is encrypted: `Key` names the server's key and the client's (rspamd: http_connection.c:rspamd_http_parse_key). */
const isSealed = (headers: ReadonlyHeaders): boolean => headers.get('Key')?.includes('=') === true;

/**
 * Refuses, before its body is read, what this worker must not take: an encrypted request that it cannot open, a plain one
 * where plain ones are for this machine only. (Rspamd reads the body, and sends what it cannot open on to the scanner.)
 *
 * @throws ScanError
 */
export function checkEnvelope(headers: ReadonlyHeaders, peer: Peer, { crypt, encryptedOnly }: HttpOptions): void {
  if (isSealed(headers)) {
    if (crypt === undefined) throw new ScanError('BAD_REQUEST', 'it is encrypted, and this worker has no keypair');
  } else if (encryptedOnly && !isLoopback(peer)) throw new ScanError('ENCRYPTION_REQUIRED');
}

/** A complete request and how it is answered. */
export interface Content {
  readonly dialect: Dialect;
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
}

/**
 * What is inside of an encrypted request; a plain one as it is. Of the outer part of the former nothing counts but what
 * it says about the connection.
 *
 * @throws ScanError; Rspamd closes the connection without a word instead
 */
export function openEnvelope(content: Content, { crypt, serverName }: HttpOptions): Content {
  const { dialect, headers, body } = content;
  if (crypt === undefined || !isSealed(headers)) return content;
  try {
    const { request, channel } = crypt.openRequest(headers.get('Key') as string, body);
    const seal = (message: readonly Buffer[]): Buffer => crypt.sealReply(message, channel);
    return { dialect: sealedDialect(request, dialect, seal, serverName), headers: request.headers, body: request.body };
  } catch (error) {
    if (error instanceof CryptError) throw new ScanError('BAD_REQUEST', error.message, error);
    throw error;
  }
}

const outerHeaders = Headers.of(['Content-Type', outerReply.contentType]);

/** Every answer to an encrypted request is encrypted, failures included. */
function sealedDialect(
  request: InnerRequest,
  outer: Dialect,
  seal: (message: readonly Buffer[]) => Buffer,
  serverName: string,
): Dialect {
  const inside = { serverName, keep: false, headOnly: false };
  const wrap = (message: readonly Buffer[], keep: boolean): Buffer[] =>
    httpReply({ ...outerReply, headers: outerHeaders, body: seal(message) }, { ...inside, keep });
  return {
    transport: 'http',
    target: request.target,
    dropped: endsHere,
    // Nobody expects a reply in plain text before the encrypted one.
    interim: false,
    keepsOpen: (headers) =>
      outer.keepsOpen(headers) &&
      (hasToken(headers.get('Connection'), 'keep-alive') || !hasToken(request.headers.get('Connection'), 'close')),
    reply: (reply, keep) => wrap(httpReply(reply, inside), keep),
    failure: (failure, keep) => wrap(httpFailure(failure, inside), keep),
  };
}
