import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { htmlRules } from './body/html.ts';
import { linkRules } from './body/links.ts';
import { patternRules } from './body/patterns.ts';
import { lookalikes } from './body/phishing.ts';
import { structureOfBody } from './body/structure.ts';
import { clientRules } from './connection/once-received.ts';
import { archives } from './files/archives.ts';
import { pdf } from './files/pdf.ts';
import { gtube } from './gtube.ts';
import { addressRules } from './headers/addresses.ts';
import { bounce } from './headers/lists.ts';
import { mailerRules } from './headers/mailers.ts';
import { messageIdRules } from './headers/message-id.ts';
import { receivedRules } from './headers/received.ts';
import { serviceRules } from './headers/services.ts';
import { structureRules } from './headers/structure.ts';
import { subjectRules } from './headers/subject.ts';
import { moduleRules } from './modules.ts';
import { inOrder } from './order.ts';

export { isSorted, looksGenerated } from './body/structure.ts';
export { hasOnlyHtml, walkedParts } from './parts.ts';
export { builtinTree } from './tree.ts';
export { unheededSections } from './unheeded.ts';

/**
 * Our own checks, for machines without an Rspamd tree.
 * @param others rules to put in order with them
 */
export function builtinRules(context: RuleContext, others: readonly Rule[]): readonly Rule[] {
  const { gtubePatterns, mimeUtf } = context.options;
  const rules = [
    gtube(gtubePatterns),
    ...clientRules(context),
    ...addressRules(mimeUtf),
    ...subjectRules,
    bounce,
    ...structureRules(mimeUtf),
    ...receivedRules,
    ...messageIdRules(context),
    ...mailerRules,
    ...serviceRules,
    ...structureOfBody,
    ...patternRules,
    ...htmlRules,
    ...linkRules,
    lookalikes,
    archives,
    pdf,
    ...moduleRules(context),
  ];
  return inOrder(rules, others);
}
