/** Spellings of what a Log-Tag header may hold (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_log_tag_type). */
export const logTags = {
  session: 'session',
  session_tag: 'session',
  queue_id: 'queue_id',
  'queue-id': 'queue_id',
  none: 'none',
  skip: 'none',
} as const;
