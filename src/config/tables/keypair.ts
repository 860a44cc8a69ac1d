import type { Table } from '../option.ts';

/** Names that a key pair may use for its parts (rspamd: src/libcryptobox/keypair.c:rspamd_keypair_from_ucl). */
export const keypairTable = {
  path: 'keypair',
  help: 'A public and a private key that belong together, as rspamadm keypair prints them',
  options: {
    pubkey: {
      kind: 'special',
      type: 'string',
      aliases: ['public', 'public_key'],
      required: true,
      since: '0.9',
      status: 'honoured',
      help: 'Public key',
    },
    privkey: {
      kind: 'special',
      type: 'string',
      aliases: ['private', 'private_key', 'secret', 'secret_key'],
      required: true,
      since: '0.9',
      status: 'honoured',
      help: 'Private key; keep the file away from other users',
    },
    type: {
      kind: 'choice',
      choices: { kex: 'kex', sign: 'sign' },
      otherwise: 'kex',
      default: 'kex',
      status: 'honoured',
      help: 'What the keys are for: kex (encryption of connections) or sign',
    },
    encoding: {
      kind: 'choice',
      choices: { base32: 'base32', hex: 'hex', base64: 'base64' },
      otherwise: 'base32',
      default: 'base32',
      status: 'honoured',
      help: 'How the keys are written: base32, hex or base64',
    },
    id: {
      kind: 'special',
      type: 'string',
      status: 'honoured',
      help: 'Worked out from the public key; what stands here is not read',
    },
    algorithm: {
      kind: 'special',
      type: 'string',
      status: 'honoured',
      help: 'Always curve25519; what stands here is not read',
    },
    extensions: {
      kind: 'special',
      type: 'object',
      status: 'honoured',
      help: 'Free for the operator; not read by the proxy',
    },
  },
} as const satisfies Table;
