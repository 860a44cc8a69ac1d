import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { htmlRules } from './body/html.ts';
import { linkRules } from './body/links.ts';
import { obfuscated } from './body/obfuscated.ts';
import { patternRules } from './body/patterns.ts';
import { lookalikes, phishing, phishtank } from './body/phishing.ts';
import { structureOfBody } from './body/structure.ts';
import { hfilter } from './connection/hfilter.ts';
import { onceReceived, reverseName } from './connection/once-received.ts';
import { archives } from './files/archives.ts';
import { mimeTypes } from './files/mime-types.ts';
import { pdf } from './files/pdf.ts';
import { gtube } from './gtube.ts';
import { addressRules } from './headers/addresses.ts';
import { aliases } from './headers/aliases.ts';
import { forged } from './headers/forged.ts';
import { listRules } from './headers/lists.ts';
import { mailerRules } from './headers/mailers.ts';
import { messageIdRules } from './headers/message-id.ts';
import { receivedRules } from './headers/received.ts';
import { serviceRules } from './headers/services.ts';
import { structureRules } from './headers/structure.ts';
import { subjectRules } from './headers/subject.ts';
import { milterHeaders } from './milter/index.ts';
import { enabledRules } from './modules.ts';
import { inOrder } from './order.ts';
import { knownIds } from './policies/known-ids.ts';
import { whitelists } from './policies/whitelists.ts';

export { isSorted, looksGenerated } from './body/structure.ts';
export { hasOnlyHtml, walkedParts } from './parts.ts';
export { builtinTree } from './tree.ts';
export { unheededSections } from './unheeded.ts';

/** Our own checks, for machines without an Rspamd tree. */
export function builtinRules(context: RuleContext): readonly Rule[] {
  const { gtubePatterns, mimeUtf } = context.options;
  const rules = inOrder([
    gtube(gtubePatterns),
    aliases,
    reverseName,
    ...addressRules(mimeUtf),
    ...subjectRules,
    ...listRules,
    hfilter,
    ...structureRules(mimeUtf),
    ...receivedRules,
    ...messageIdRules(context),
    ...mailerRules,
    ...serviceRules,
    onceReceived,
    ...structureOfBody,
    ...patternRules,
    ...htmlRules,
    ...linkRules,
    phishing(context),
    phishtank,
    lookalikes,
    mimeTypes,
    archives,
    pdf,
    obfuscated,
    ...whitelists(context),
    knownIds,
    forged,
    milterHeaders(context),
  ]);
  return enabledRules(rules, context);
}
