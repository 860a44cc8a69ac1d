export { dkimSigningRule, foldsOf, Signers } from './rule.ts';
export { readSigner, type SignerSettings } from './settings.ts';
