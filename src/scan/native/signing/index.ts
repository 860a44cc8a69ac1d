export { dkimSigningRule } from './rule.ts';
export { arcSealRule } from './seal.ts';
export { readSigner, type SignerSettings } from './settings.ts';
