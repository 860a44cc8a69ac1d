import type { Rule } from '../rule.ts';

/**
 * Names of filters in the order in which they run. It matters where several symbols share a cap: those that come first
 * get their score. All others are patterns, which run by the length of their name.
 */
const first = `CHECK_FROM CHECK_REPLYTO SUBJ_BOUNCE_WORDS BOUNCE HFILTER_CHECK MIME_TYPES_CALLBACK URL_SUSPECT_CHECK
  MAILLIST CHECK_ARCHIVES EMPTY_SUBJECT HAS_X_AS HAS_X_GMSV URI_HIDDEN_PATH FROM_SERVICE_ACCT HTML_SHORT_LINK_IMG_1
  HTML_SHORT_LINK_IMG_2 HTML_SHORT_LINK_IMG_3 R_EMPTY_IMAGE R_SUSPICIOUS_IMAGES HTML_VISIBLE_CHECKS HTTP_TO_HTTPS
  HTTP_TO_IP CHECK_RECEIVED HAS_X_PRIO CHECK_MIME PREVIOUSLY_DELIVERED BROKEN_HEADERS BROKEN_CONTENT_TYPE
  HEADER_RCONFIRM_MISMATCH HEADER_FORGED_MDN MULTIPLE_UNIQUE_HEADERS MISSING_FROM MULTIPLE_FROM MV_CASE CHECK_TO_CC
  CTYPE_MISSING_DISPOSITION CTYPE_MIXED_BOGUS MIME_BASE64_TEXT MIME_BASE64_TEXT_BOGUS INVALID_FROM_8BIT
  INVALID_RCPT_8BIT XM_CASE SUBJ_ALL_CAPS LONG_SUBJ R_PARTS_DIFFER DATE_CB ENVFROM_PRVS ENVFROM_VERP CHECK_RCVD
  RCVD_HELO_USER URI_COUNT_ODD HAS_ATTACHMENT OMOGRAPH_URL URL_IN_SUBJECT FROM_DISPLAY_CALLBACK SPOOF_REPLYTO
  INFO_TO_INFO_LU R_BAD_CTE_7BIT BOGUS_ENCRYPTED_AND_TEXT COMPLETELY_EMPTY CHECK_MID MID_END_EQ_FROM_USER_PART
  SINGLE_SHORT_PART SPECIFIC_CONTENT_CHECK R_MIXED_CHARSET`.split(/\s+/);

const last = ['FORGED_CALLBACK', 'ONCE_RECEIVED', 'PHISHING'];

const ranks = new Map([
  ...first.map((name, index) => [name, index] as const),
  ...last.map((name, index) => [name, 2000 + index] as const),
]);

/**
 * rspamd: src/libserver/symcache, frozen as it runs with its own rules.
 * @param others rules that come after all of those, in their order, but for the ones that have a place among them
 */
export function inOrder(rules: readonly Rule[], others: readonly Rule[]): Rule[] {
  const rank = ({ name }: Rule) => ranks.get(name) ?? 1000 + name.length;
  const placed = others.filter(({ name }) => ranks.has(name));
  return [
    ...[...rules, ...placed].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1)),
    ...others.filter((rule) => !placed.includes(rule)),
  ];
}
