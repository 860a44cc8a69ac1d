import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Keypair, ProxyConfig, ProxyWorker } from '../config/index.ts';
import { CryptError, CryptServer, keyPairOf, loadCipher } from '../wire/crypt/index.ts';
import { withTls13 } from './trust.ts';

/** How connections of clients are protected. */
export interface ClientAccessSpec {
  /** Key pairs of HTTPCrypt; clients may use any of them. */
  readonly keypairs: readonly Keypair[];
  readonly encryptedOnly: boolean;
  /** Shared secrets that are remembered. */
  readonly cacheSize: number;
  /** Undefined where no listener asks for TLS. */
  readonly tls: TlsSpec | undefined;
}

export interface TlsSpec {
  /** File with the certificate chain (`ssl_cert`). */
  readonly cert: string;
  /** File with the private key (`ssl_key`). */
  readonly key: string;
  /** `ssl_ciphers` */
  readonly ciphers: string;
}

export function clientAccessSpec({ http, options }: ProxyConfig, worker: ProxyWorker): ClientAccessSpec {
  const { ssl_cert: cert, ssl_key: key } = worker;
  const tls = worker.listeners.some(({ ssl }) => ssl) && cert !== undefined && key !== undefined;
  return {
    keypairs: worker.keypair,
    encryptedOnly: worker.encrypted_only,
    cacheSize: http.server.cache_size,
    tls: tls ? { cert, key, ciphers: options.ssl_ciphers } : undefined,
  };
}

export interface ClientAccess {
  readonly crypt: CryptServer | undefined;
  readonly encryptedOnly: boolean;
  /** Takes the client's side of a TLS connection; undefined where no listener asks for TLS. */
  readonly secure: ((socket: Socket) => Socket) | undefined;
}

/** @throws Error that names the option which cannot be used */
export async function clientAccess(spec: ClientAccessSpec): Promise<ClientAccess> {
  const { keypairs, encryptedOnly, cacheSize, tls } = spec;
  const crypt = keypairs.length > 0 ? await cryptServer(keypairs, cacheSize) : undefined;
  return { crypt, encryptedOnly, secure: tls && securing(serverContext(tls)) };
}

async function cryptServer(keypairs: readonly Keypair[], cacheSize: number): Promise<CryptServer> {
  return new CryptServer(await loadCipher(), keypairs.map(usable), cacheSize);
}

function usable({ type, publicKey, privateKey }: Keypair): ReturnType<typeof keyPairOf> {
  if (type !== 'kex') throw new Error('cannot use keypair: it is for signatures, a worker needs one of type kex');
  try {
    return keyPairOf(publicKey, privateKey);
  } catch (cause) {
    if (cause instanceof CryptError) throw new Error(`cannot use keypair: ${cause.message}`, { cause });
    throw cause;
  }
}

function serverContext({ cert, key, ciphers }: TlsSpec): SecureContext {
  const files = { cert: read('ssl_cert', cert), key: read('ssl_key', key) };
  try {
    return createSecureContext({ ...files, ciphers: withTls13(ciphers) });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Error(`cannot use ssl_cert ${cert} with ssl_key ${key} and ssl_ciphers ${ciphers}: ${why}`, { cause });
  }
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`cannot read ${option}: ${(cause as Error).message}`, { cause });
  }
}

/** Certificates of clients are not asked for (rspamd: src/libserver/ssl_util.c:rspamd_init_ssl_ctx_server). */
function securing(secureContext: SecureContext): (socket: Socket) => Socket {
  return (socket) => new TLSSocket(socket, { isServer: true, requestCert: false, secureContext });
}
