import { flagOption } from '../native/index.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';
import { phishingRules } from './body/phishing.ts';
import { urlSuspectRules } from './body/suspect.ts';
import { hfilter } from './connection/hfilter.ts';
import { mimeTypes } from './files/mime-types.ts';
import { aliases } from './headers/aliases.ts';
import { forged } from './headers/forged.ts';
import { mailingList } from './headers/lists.ts';
import { milterHeaders } from './milter/index.ts';
import { knownIds } from './policies/known-ids.ts';
import { whitelists } from './policies/whitelists.ts';

/** Rules of Rspamd's modules, by their sections. */
const modules: Readonly<Record<string, (context: RuleContext) => readonly Rule[]>> = {
  aliases: (context) => [aliases(context)],
  forged_recipients: (context) => [forged(context)],
  hfilter: (context) => [hfilter(context)],
  maillist: () => [mailingList],
  mid: (context) => [knownIds(context)],
  milter_headers: (context) => [milterHeaders(context)],
  mime_types: (context) => [mimeTypes(context)],
  phishing: phishingRules,
  url_suspect: urlSuspectRules,
  whitelist: whitelists,
};

/** Those that the operator did not switch off. */
export function moduleRules(context: RuleContext): Rule[] {
  return Object.entries(modules).flatMap(([name, rulesOf]) =>
    flagOption(context.section(name), 'enabled') === false ? [] : rulesOf(context),
  );
}
