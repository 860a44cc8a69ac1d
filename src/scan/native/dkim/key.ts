import { createPublicKey, type KeyObject } from 'node:crypto';
import type { TaskDns } from '../../dns-answer.ts';
import { type ByteString, lowerAscii } from '../../message/index.ts';
import type { Algorithm } from './signature.ts';

export interface PublicKey {
  readonly kind: Algorithm['key'];
  readonly key: KeyObject;
}

export type FoundKey =
  | { readonly key: PublicKey; readonly outcome?: undefined }
  | {
      readonly key?: undefined;
      readonly outcome: 'permerror' | 'temperror';
      /** In short, for reports. */
      readonly reason: string;
      /** What happened. */
      readonly detail: string;
    };

const shortestKey = 3;
const longestKey = 4096;
const maxBits = 8192;
/** Before the 32 bytes of a key of RFC 8410. */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');
const ed25519Length = 32;

/**
 * Looks up the key of a signature (RFC 6376, 3.6.2).
 * @param name `selector._domainkey.domain`
 */
export async function findKey(dns: TaskDns, name: ByteString): Promise<FoundKey> {
  const answer = await dns.query(name, 'TXT', true);
  const detail = `dns request to ${name} failed: ${answer.error}`;
  if (answer.status === 'fail') return { outcome: 'temperror', reason: 'DNS error when getting key', detail };
  let last: FoundKey = { outcome: 'permerror', reason: invalid, detail };
  for (const record of answer.records) {
    last = readKey(record);
    if (last.key !== undefined) break;
  }
  return last;
}

const invalid = 'invalid DKIM record';

/** Reads a key record: `p` and `k` count, whatever else it says (rspamd: src/libserver/dkim.c:rspamd_dkim_parse_key). */
export function readKey(record: ByteString): FoundKey {
  const data = tagOf(record, 'p')?.replace(/\s+/g, '') ?? '';
  if (data === '') return { outcome: 'permerror', reason: 'key revoked', detail: 'key is revoked' };
  const kind = lowerAscii(tagOf(record, 'k')?.trim() || 'rsa');
  if (kind !== 'rsa' && kind !== 'ecdsa256' && kind !== 'ed25519')
    return { outcome: 'permerror', reason: 'unknown key type', detail: `unknown key type: ${kind}` };
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data))
    return { outcome: 'permerror', reason: invalid, detail: 'DKIM key is not a valid base64 string' };
  const key = data.length < shortestKey || data.length > longestKey ? undefined : decodeKey(kind, data);
  if (key === undefined) return { outcome: 'permerror', reason: invalid, detail: 'cannot extract pubkey from bio' };
  return { key: { kind, key } };
}

function tagOf(record: ByteString, name: string): ByteString | undefined {
  for (const piece of record.split(';')) {
    const equals = piece.indexOf('=');
    // Tags that only a blank separates from the one before are met in the wild.
    if (equals >= 0 && piece.slice(0, equals).trim().split(/\s+/).at(-1) === name) return piece.slice(equals + 1);
  }
  return undefined;
}

function decodeKey(kind: PublicKey['kind'], data: string): KeyObject | undefined {
  const bytes = Buffer.from(data, 'base64');
  if (kind === 'ed25519' && bytes.length !== ed25519Length) return undefined;
  try {
    const spki = kind === 'ed25519' ? Buffer.concat([ed25519Prefix, bytes]) : bytes;
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const wanted = { rsa: 'rsa', ecdsa256: 'ec', ed25519: 'ed25519' }[kind];
    if (key.asymmetricKeyType !== wanted || (key.asymmetricKeyDetails?.modulusLength ?? 0) > maxBits) return undefined;
    return key;
  } catch {
    return undefined;
  }
}
