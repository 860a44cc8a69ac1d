import type { Cipher } from './cipher.ts';
import { nobleCipher } from './noble.ts';
import { loadSodium } from './sodium.ts';

/** The native cipher where its package is installed and loads here, the pure one otherwise. To be called once, at start. */
export async function loadCipher(): Promise<Cipher> {
  return (await loadSodium()) ?? nobleCipher;
}
