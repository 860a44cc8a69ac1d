/** The shape of `httpcrypt-vectors.json`. Members this suite does not read are left out. */
export interface Vectors {
  readonly base32?: { readonly vectors: ReadonlyArray<{ readonly hex: string; readonly b32: string }> };
  readonly keypairs?: readonly KeyPairVector[];
  /** `name`: names of two key pairs, joined by a dash. */
  readonly shared_secrets?: ReadonlyArray<{
    readonly name: string;
    readonly x25519_hex: string;
    readonly nm_hex: string;
  }>;
  readonly boxes?: readonly BoxVector[];
  readonly file_encrypt?: {
    readonly plaintext_utf8: string;
    readonly ephemeral_pubkey_hex: string;
    readonly nm_hex: string;
    readonly file_hex: string;
  };
  readonly http_exchanges?: readonly Exchange[];
  readonly captured_clients?: readonly Exchange[];
  readonly negative?: readonly NegativeVector[];
}

export interface KeyPairVector {
  readonly name: string;
  readonly type: 'kex' | 'sign';
  readonly pubkey_b32: string;
  readonly privkey_b32: string;
  readonly id_b32: string;
  readonly pubkey_hex: string;
  readonly privkey_hex: string;
  readonly id_hex: string;
  readonly short_id_hex: string;
  readonly short_id_b32: string;
}

export interface BoxVector {
  readonly name: string;
  /** Name of a shared secret, or the key itself in hex. */
  readonly nm: string;
  readonly nonce_hex: string;
  readonly xchacha_subkey_hex: string;
  readonly poly1305_key_hex: string;
  readonly plaintext_hex: string;
  readonly mac_hex: string;
  readonly ciphertext_hex: string;
}

export interface Exchange {
  readonly name: string;
  /** Name of the client's key pair; captured clients have `client_pubkey_hex` instead. */
  readonly client?: string;
  readonly client_pubkey_hex?: string;
  readonly server: string;
  readonly nm_hex: string;
  readonly request_b64: string;
  readonly request_nonce_hex: string;
  readonly request_mac_hex: string;
  readonly request_inner_b64?: string;
  readonly request_inner_utf8: string;
  readonly response_b64: string;
  readonly response_nonce_hex: string;
  readonly response_mac_hex: string;
  readonly response_inner_utf8: string;
}

export interface NegativeVector {
  /** What was changed, in words. */
  readonly name: string;
  /** The header itself, `valid`, or words. */
  readonly key_header: string;
  /** What Rspamd did, in words. */
  readonly observed: string;
}

export function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

/** Body and Key header of an outer HTTP message. */
export function outerParts(base64: string): { keyHeader: string; body: Buffer } {
  const bytes = Buffer.from(base64, 'base64');
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, end);
  return { keyHeader: /^Key: *(.*)$/im.exec(head)?.[1]?.trim() ?? '', body: bytes.subarray(end + 4) };
}
