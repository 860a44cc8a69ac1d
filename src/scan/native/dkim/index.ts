export { fieldsOfSets } from './arc-set.ts';
export { canonicalField } from './canonical.ts';
export { findKey } from './key.ts';
export { type DkimFinding, type DkimSettings, dkimFindings, dkimRule, stockDkimSettings } from './rule.ts';
export { algorithmOf, foldBase64, foldTags, signMessage, signText, usualSignedFields } from './sign.ts';
export { maxArcSets, readSignature, type Signature } from './signature.ts';
export { type SignatureOutcome, verifySignature } from './verify.ts';
