import { flagOption } from '../native/index.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../scanner.ts';

/** Sections whose `enabled` switches rules off, by rule. */
const sections: Readonly<Record<string, string>> = {
  ALIASES_CHECK: 'aliases',
  FORGED_CALLBACK: 'forged_recipients',
  HFILTER_CHECK: 'hfilter',
  KNOWN_MID_CALLBACK: 'mid',
  MAILLIST: 'maillist',
  MILTER_HEADERS: 'milter_headers',
  MIME_TYPES_CALLBACK: 'mime_types',
  ONCE_RECEIVED: 'once_received',
  PHISHING: 'phishing',
  PHISHTANK_CHECK: 'phishing',
  URL_SUSPECT_CHECK: 'url_suspect',
  WHITELIST_DMARC: 'whitelist',
  WHITELIST_SPF_DKIM: 'whitelist',
};

/** Without rules of modules that the operator switched off. */
export function enabledRules(rules: readonly Rule[], context: RuleContext): Rule[] {
  return rules.filter(({ name }) => {
    const section = sections[name];
    return section === undefined || flagOption(context.section(section), 'enabled') !== false;
  });
}
