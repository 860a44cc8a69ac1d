/** What is known of a URL besides its text, as rules name it (rspamd: src/libserver/url.c, url_flag_names). */
export const urlFlags = {
  phished: 1 << 0,
  numeric: 1 << 1,
  obscured: 1 << 2,
  redirected: 1 << 3,
  html_displayed: 1 << 4,
  text: 1 << 5,
  subject: 1 << 6,
  host_encoded: 1 << 7,
  schema_encoded: 1 << 8,
  path_encoded: 1 << 9,
  query_encoded: 1 << 10,
  missing_slashes: 1 << 11,
  idn: 1 << 12,
  has_port: 1 << 13,
  has_user: 1 << 14,
  schemaless: 1 << 15,
  unnormalised: 1 << 16,
  zw_spaces: 1 << 17,
  url_displayed: 1 << 18,
  image: 1 << 19,
  query: 1 << 20,
  content: 1 << 21,
  no_tld: 1 << 22,
  truncated: 1 << 23,
  redirect_target: 1 << 24,
  invisible: 1 << 25,
  special: 1 << 26,
} as const;

export type UrlFlag = keyof typeof urlFlags;

/** Where a URL was found: URLs in its query share it (rspamd: url.h, RSPAMD_URL_FLAG_PROPAGATE_MASK). */
export const inheritedUrlFlags = urlFlags.text | urlFlags.content | urlFlags.subject | urlFlags.invisible;

export function urlFlagNames(flags: number): UrlFlag[] {
  return (Object.keys(urlFlags) as UrlFlag[]).filter((name) => (flags & urlFlags[name]) !== 0);
}
