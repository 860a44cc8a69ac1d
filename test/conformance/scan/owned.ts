/**
 * Symbols that Rspamd finds in C, with what the engine alone decides: the ones that this program must have whatever rules
 * it runs. All others stand in Rspamd's Lua rules, or in ours.
 */
export const owned: ReadonlySet<string> = new Set([
  // src/libmime/message.c
  'GTUBE',
  // src/libserver/spf.c, with the results that src/plugins/lua/spf.lua gives names to
  'R_SPF_ALLOW',
  'R_SPF_FAIL',
  'R_SPF_SOFTFAIL',
  'R_SPF_NEUTRAL',
  'R_SPF_NA',
  'R_SPF_DNSFAIL',
  'R_SPF_PERMFAIL',
  'R_SPF_PLUSALL',
  // src/plugins/dkim_check.c
  'R_DKIM_ALLOW',
  'R_DKIM_REJECT',
  'R_DKIM_PERMFAIL',
  'R_DKIM_TEMPFAIL',
  'R_DKIM_NA',
  'DKIM_TRACE',
  // src/plugins/chartable.cxx
  'R_MIXED_CHARSET',
  // src/libmime/mime_expressions.c
  'SUSPICIOUS_RECIPS',
  'SORTED_RECIPS',
  // src/libmime/mime_headers.c, src/libmime/mime_parser.c
  'BROKEN_HEADERS',
  'BROKEN_CONTENT_TYPE',
  // src/libserver/composites
  'DKIM_MIXED',
]);
