import { type Cipher, loadSodium, nobleCipher } from '../../../src/wire/crypt/index.ts';

/** Every cipher that loads on this machine; the tests run with each. */
export const ciphers: readonly Cipher[] = [nobleCipher, await loadSodium()].filter((cipher) => cipher !== undefined);
