import type { UclObject } from '../../ucl/index.ts';

/** Modules of Rspamd that nothing here does the work of, by their sections. */
const missing =
  'antivirus bimi clickhouse contextal dcc elastic external_relay external_services gpt history_redis http_headers ip_score known_senders maps metadata_exporter metric_exporter mx_check neural p0f ratelimit replies reputation spamassassin spamtrap trie url_redirector'.split(
    ' ',
  );

/** What of a configuration has no effect where this process scans; sentences for people. */
export function unheededSections(tree: UclObject): readonly string[] {
  const absent = missing.filter((name) => {
    const section = tree.entries.get(name)?.value;
    if (section?.type !== 'object') return false;
    const enabled = section.entries.get('enabled')?.value;
    return enabled?.type !== 'boolean' || enabled.value;
  });
  return absent.length === 0 ? [] : [`sections without effect where this process scans: ${absent.join(', ')}`];
}
