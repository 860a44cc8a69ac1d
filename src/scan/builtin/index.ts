import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { hfilter } from './connection/hfilter.ts';
import { onceReceived, reverseName } from './connection/once-received.ts';
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

export { builtinTree } from './tree.ts';

/** Our own checks, for machines without an Rspamd tree. */
export function builtinRules(context: RuleContext): readonly Rule[] {
  const { gtubePatterns, mimeUtf } = context.options;
  return [
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
    forged,
  ];
}
