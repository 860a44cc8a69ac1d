import { readComposites, readGroups } from '../../config/index.ts';
import { loadText } from '../../ucl/index.ts';
import type { MetricLayer } from '../build-metric.ts';
import type { RuleContext } from '../scanner.ts';
import { midComposites } from './policies/known-ids.ts';

/** Caps of groups, and symbols that stand for others: what counts where the operator's tree says nothing. */
const text = `
group "headers" { max_score = 8; }
group "subject" { max_score = 6; }
group "phishing" { max_score = 10; }
group "surbl" { max_score = 12.5; }
group "mime_types" { max_score = 10; }
group "url" { max_score = 9; }
group "excessqp" { max_score = 2.4; }
group "excessb64" { max_score = 3; }
group "senderscore" { max_score = 4; }
group "whitelist" { max_score = 10; }

composites {
  SHORT_PART_BAD_HEADERS {
    expression = "MISSING_ESSENTIAL_HEADERS & SINGLE_SHORT_PART";
    group = "blankspam"; score = 7; policy = "leave";
    description = "No usual header and next to no text";
  }
  FORGED_RECIPIENTS_MAILLIST { expression = "FORGED_RECIPIENTS & -MAILLIST"; group = "headers"; }
  FORGED_SENDER_MAILLIST { expression = "FORGED_SENDER & -MAILLIST"; group = "headers"; }
  FORGED_MUA_MAILLIST { expression = "g:mua & -MAILLIST"; group = "mua"; }
  BROKEN_HEADERS_MAILLIST { expression = "BROKEN_HEADERS & -MAILLIST"; policy = "remove_weight"; }
  FORGED_SENDER_FORWARDING { expression = "FORGED_SENDER & g:forwarding"; policy = "remove_weight"; }
  FORGED_RECIPIENTS_FORWARDING { expression = "FORGED_RECIPIENTS & g:forwarding"; policy = "remove_weight"; }
  SPF_FAIL_FORWARDING { expression = "(R_SPF_SOFTFAIL | R_SPF_FAIL) & g:forwarding"; policy = "remove_weight"; }
  FORGED_SENDER_VERP_SRS { expression = "FORGED_SENDER & (ENVFROM_PRVS | ENVFROM_VERP)"; }
  DMARC_POLICY_ALLOW_WITH_FAILURES {
    expression = "DMARC_POLICY_ALLOW & (R_SPF_SOFTFAIL | R_SPF_FAIL | R_DKIM_REJECT)";
    group = "policies"; groups = ["dmarc"]; score = -0.5; policy = "remove_weight";
  }
  AUTH_NA {
    expression = "R_DKIM_NA & R_SPF_NA & DMARC_NA & ARC_NA";
    score = 1; policy = "remove_weight";
    description = "The sender says nothing by which the message could be authenticated";
  }
  AUTH_NA_OR_FAIL {
    expression = "!(R_DKIM_NA & R_SPF_NA & DMARC_NA & ARC_NA) & (R_DKIM_NA | R_DKIM_TEMPFAIL | R_DKIM_PERMFAIL) & (R_SPF_NA | R_SPF_DNSFAIL) & DMARC_NA & (ARC_NA | ARC_DNSFAIL)";
    score = 1; policy = "remove_weight";
    description = "Nothing authenticates the message";
  }
  BOUNCE_NO_AUTH { expression = "(AUTH_NA | AUTH_NA_OR_FAIL) & (BOUNCE | SUBJ_BOUNCE_WORDS)"; score = 1; }
  DKIM_MIXED {
    expression = "-R_DKIM_ALLOW & (R_DKIM_TEMPFAIL | R_DKIM_PERMFAIL | R_DKIM_REJECT)";
    policy = "remove_weight";
  }
  APPLE_MAILER_COMMON { expression = "APPLE_MAILER & MV_CASE"; }
  APPLE_IOS_MAILER_COMMON { expression = "APPLE_IOS_MAILER & (MV_CASE | MIME_MA_MISSING_TEXT)"; }
  HACKED_WP_PHISHING {
    expression = "(HAS_X_POS | HAS_PHPMAILER_SIG) & HAS_WP_URI & (PHISHING | CRACKED_SURBL | PH_SURBL_MULTI | DBL_PHISH | DBL_ABUSE_PHISH | URIBL_BLACK | PHISHED_OPENPHISH | PHISHED_PHISHTANK)";
    group = "phishing"; groups = ["compromised_hosts"]; score = 4.5; policy = "leave";
  }
  PHISH_EMOTION {
    expression = "(PHISHING | DBL_PHISH | PHISHED_OPENPHISH | PHISHED_PHISHTANK) & (SUBJECT_ENDS_QUESTION | SUBJECT_ENDS_EXCLAIM)";
    score = 1; policy = "leave";
  }
  AUTOGEN_PHP_SPAMMY {
    expression = "(HAS_X_POS | HAS_PHPMAILER_SIG | HAS_X_PHP_SCRIPT) & (SUBJECT_ENDS_QUESTION | SUBJECT_ENDS_EXCLAIM | MANY_INVISIBLE_PARTS)";
    score = 1; policy = "leave";
  }
  RCVD_UNAUTH_PBL {
    expression = "RECEIVED_SPAMHAUS_PBL & !RCVD_VIA_SMTP_AUTH"; score = 2; policy = "leave";
    description = "Came from a dynamic address without authentication";
  }
  RCVD_DKIM_ARC_DNSWL_MED {
    expression = "(R_DKIM_ALLOW | ARC_ALLOW) & RCVD_IN_DNSWL_MED"; score = -0.5; policy = "leave";
  }
  RCVD_DKIM_ARC_DNSWL_HI {
    expression = "(R_DKIM_ALLOW | ARC_ALLOW) & RCVD_IN_DNSWL_HI"; score = -1; policy = "leave";
  }
  HAS_ANON_DOMAIN {
    expression = "HAS_GUC_PROXY_URI | URIBL_RED | DBL_ABUSE_REDIR | HAS_ONION_URI"; score = 0.1; policy = "leave";
  }
  SUSPICIOUS_URL_IN_SUSPICIOUS_MESSAGE {
    expression = "(REDIRECTOR_URL | HAS_ANON_DOMAIN | HAS_IPFS_GATEWAY_URL) & (-g+:fuzzy | -g+:statistics | -g+:surbl | -g+:rbl)";
    score = 1; policy = "leave";
  }
  BAD_REP_POLICIES {
    expression = "(~g-:policies) & (-g+:fuzzy | -g+:statistics | -g+:surbl | -g+:rbl)"; score = 0.1;
    description = "Well authenticated, but in bad company";
  }
  VIOLATED_DIRECT_SPF {
    expression = "(R_SPF_FAIL | R_SPF_SOFTFAIL) & (RCVD_COUNT_ZERO | RCVD_NO_TLS_LAST)"; score = 3.5; policy = "leave";
    description = "SPF fails, and nobody forwarded the message";
  }
  LEAKED_PASSWORD_SCAM {
    expression = "BITCOIN_ADDR & (LEAKED_PASSWORD_SCAM_RE | R_MIXED_CHARSET | R_EMPTY_IMAGE)";
    group = "scams"; score = 7; policy = "leave";
  }
  SUSPICIOUS_AUTH_ORIGIN {
    expression = "(HAS_XOIP | RCVD_FROM_SMTP_AUTH) & (!RECEIVED_SPAMHAUS_PBL | RECEIVED_SPAMHAUS_XBL | RECEIVED_SPAMHAUS_SBL | RECEIVED_BLOCKLISTDE)";
    policy = "leave";
  }
  ABUSE_FROM_INJECTOR {
    expression = "SUSPICIOUS_AUTH_ORIGIN & (RCVD_HELO_USER | FAKE_REPLY | HAS_IPFS_GATEWAY_URL | HTML_SHORT_LINK_IMG_1)";
    group = "compromised_hosts"; score = 2; policy = "leave";
  }
  MIME_BAD_EXT_IN_OBFUSCATED_ARCHIVE {
    expression = "MIME_BAD_EXTENSION & MIME_OBFUSCATED_ARCHIVE"; score = 8; policy = "leave";
  }
  MIME_BAD_EXT_WITH_BAD_UNICODE {
    expression = "MIME_BAD_EXTENSION & MIME_BAD_UNICODE"; score = 8; policy = "leave";
  }
  INVALID_MSGID_ALLOWED { expression = "~KNOWN_MID & ^INVALID_MSGID"; }
  MISSING_MID_ALLOWED { expression = "~KNOWN_NO_MID & ^MISSING_MID"; }
}
`;

let layer: MetricLayer | undefined;

/**
 * @param section of the operator's tree: the names of some composites are options
 * @throws Error where our own text is wrong
 */
export function builtinTree(section: RuleContext['section']): MetricLayer {
  if (layer === undefined) {
    const { root, diagnostics } = loadText(text, { name: '<built-in tree>' });
    if (root === undefined) throw new Error(`the built-in tree is wrong: ${diagnostics[0]?.message ?? ''}`);
    layer = { groups: readGroups(root), composites: readComposites(root) };
  }
  const named = midComposites(section);
  return { ...layer, composites: layer.composites.map((one) => ({ ...one, ...named.get(one.name) })) };
}
