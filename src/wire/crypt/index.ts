/** HTTPCrypt and its keys: everything other folders may use of it. */
export { decodeBase32, encodeBase32 } from './base32.ts';
export { bodyOverhead, decrypt, encryptInPlace, openBody, sealBody } from './box.ts';
export type { Cipher } from './cipher.ts';
export { ClientKey, type ClientKeyOptions, type Clock, defaultRotateTime } from './client-key.ts';
export { CryptError, type CryptErrorKind } from './errors.ts';
export { decryptFile, encryptFile } from './file.ts';
export {
  type Channel,
  CryptClient,
  CryptServer,
  type OpenedRequest,
  outerReply,
  outerRequest,
  type SealedRequest,
} from './http.ts';
export { type InnerReply, type InnerRequest, parseReply, parseRequest } from './inner.ts';
export {
  generateKeyPair,
  type KeyEncoding,
  type KeyPair,
  type KeyPairText,
  type KeyType,
  keyPairOf,
  PublicKey,
  readKeyPair,
  readPublicKey,
  writeKeyPair,
} from './keys.ts';
export { loadCipher } from './load.ts';
export { hchacha20, nobleCipher } from './noble.ts';
export { defaultReplayMemory, ReplayGuard } from './replay.ts';
export { defaultCacheSize, SharedKeys, sharedKey } from './secrets.ts';
export { signatureBytes, signBytes, verifyBytes } from './signature.ts';
export { loadSodium } from './sodium.ts';
