import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';

/** Where systems keep the authorities that they trust, all in one file. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/etc/ssl/ca-bundle.pem',
];

/** Node takes TLS 1.3 for unwanted where a list of ciphers names none of its own (OpenSSL keeps the two apart). */
const tls13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** @param list of OpenSSL's notation (`ssl_ciphers`), which speaks of TLS up to 1.2 */
export const withTls13 = (list: string): string => (/\bTLS_/.test(list) ? list : `${tls13}:${list}`);

export interface TrustSpec {
  /** `ssl_ca_path`; undefined for the authorities of the system. */
  readonly caPath: string | undefined;
  /** `ssl_ciphers` */
  readonly ciphers: string;
}

/**
 * What connections to scanners are checked with.
 * @throws Error that says which of the two options cannot be used
 */
export function trustContext({ caPath, ciphers }: TrustSpec): SecureContext {
  const ca = caPath === undefined ? systemAuthorities() : authorities(caPath);
  try {
    return createSecureContext({ ...(ca !== undefined && { ca }), ciphers: withTls13(ciphers) });
  } catch (cause) {
    // Certificates were read already: what is left is the list.
    throw new Error(`cannot use ssl_ciphers ${ciphers}: ${(cause as Error).message}`, { cause });
  }
}

/** Undefined where there is no such file: Node has a list of its own. */
function systemAuthorities(): string[] | undefined {
  for (const path of systemFiles) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return [readFileSync(path, 'latin1')];
  }
  return undefined;
}

/** A file with certificates, or a folder of such files. */
function authorities(path: string): string[] {
  const texts = read(path).filter((text) => text.includes('-----BEGIN CERTIFICATE-----'));
  if (texts.length === 0) throw new Error(`cannot use ssl_ca_path ${path}: there is no certificate in it`);
  try {
    createSecureContext({ ca: texts });
  } catch (cause) {
    throw new Error(`cannot use ssl_ca_path ${path}: ${(cause as Error).message}`, { cause });
  }
  return texts;
}

function read(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [readFileSync(path, 'latin1')];
    const files = readdirSync(path).map((name) => join(path, name));
    // Folders made by c_rehash name each certificate twice.
    return [...new Set(files.filter(isFile).map((file) => readFileSync(file, 'latin1')))];
  } catch (cause) {
    throw new Error(`cannot use ssl_ca_path ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Links that lead nowhere are left over from certificates that were removed. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
