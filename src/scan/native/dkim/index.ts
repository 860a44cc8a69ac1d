export { findKey } from './key.ts';
export { type DkimFinding, type DkimSettings, dkimFindings, dkimRule, stockDkimSettings } from './rule.ts';
export { readSignature, type Signature } from './signature.ts';
export { type SignatureOutcome, verifySignature } from './verify.ts';
