import type { UclObject } from '../../ucl/index.ts';

/** Modules of Rspamd that nothing here does the work of, by their sections. */
const missing =
  'antivirus bimi clickhouse contextal dcc elastic external_relay external_services gpt greylist history_redis http_headers ip_score known_senders metadata_exporter metric_exporter mx_check neural p0f ratelimit replies reputation spamassassin spamtrap trie url_redirector'.split(
    ' ',
  );

/** Of their sections nothing counts but `enabled`: their rules are the stock ones. */
const fixed = 'aliases url_suspect'.split(' ');

/** What of a configuration has no effect where this process scans; sentences for people. */
export function unheededSections(tree: UclObject): readonly string[] {
  const named = (names: readonly string[], counts: (section: UclObject) => boolean): string[] =>
    names.filter((name) => {
      const section = tree.entries.get(name)?.value;
      return section?.type === 'object' && counts(section);
    });
  const isOn = ({ entries }: UclObject): boolean => {
    const enabled = entries.get('enabled')?.value;
    return enabled?.type !== 'boolean' || enabled.value;
  };
  const absent = named(missing, isOn);
  const stock = named(
    fixed,
    (section) => isOn(section) && [...section.entries.keys()].some((key) => key !== 'enabled'),
  );
  return [
    ...(absent.length === 0 ? [] : [`sections without effect where this process scans: ${absent.join(', ')}`]),
    ...(stock.length === 0
      ? []
      : [
          `sections of which only "enabled" counts where this process scans, the rest is as in stock: ${stock.join(', ')}`,
        ]),
  ];
}
