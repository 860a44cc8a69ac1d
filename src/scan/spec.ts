import { type Action, type ProxyConfig, stateFolder } from '../config/index.ts';
import type { UclObject } from '../ucl/index.ts';
import type { MetricLayer } from './build-metric.ts';

/** Which GTUBE-like lines count: option `gtube_patterns`. */
export type GtubePatterns = 'reject' | 'all' | 'disabled';

/** What of the `options` section a scan depends on. */
export interface ScanOptions {
  readonly gtubePatterns: GtubePatterns;
  /** Milliseconds. */
  readonly taskTimeout: number;
  readonly softRejectOnTimeout: boolean;
  /** Networks of our own clients, `192.0.2.0/24`. */
  readonly localAddrs: readonly string[];
  /** Filters go on though the score is beyond every limit. */
  readonly checkAllFilters: boolean;
  /** Header fields may be UTF-8 (SMTPUTF8). */
  readonly mimeUtf: boolean;
  /** Hits of a symbol that count. */
  readonly shots: number;
  /** Clients are told of public groups only. */
  readonly publicGroupsOnly: boolean;
  /** DNS questions that one message may cause. */
  readonly dnsMaxRequests: number;
}

/** What of the configuration a scanner is made from: plain data, which goes to other threads as it is. */
export interface ScanSpec extends MetricLayer {
  readonly actions: readonly Action[];
  /** Template of a rewritten subject: `%s` the old one, `%d` the score, `%%` a per cent sign. */
  readonly subject: string | undefined;
  readonly unknownWeight: number | undefined;
  readonly growFactor: number | undefined;
  readonly options: ScanOptions;
  /** Folder of what lasts (DBDIR), and of the data of an Rspamd (SHAREDIR). */
  readonly stateFolder: string;
  readonly shareFolder: string | undefined;
  /** The whole tree, for sections that only a module knows. */
  readonly tree: UclObject;
}

/** Thresholds of the stock configuration (rspamd: conf/actions.conf). */
const stockThresholds = new Map([
  ['reject', 15],
  ['add header', 6],
  ['greylist', 4],
]);

export function scanSpec({ actions, groups, composites, options, paths, tree }: ProxyConfig): ScanSpec {
  return {
    actions: withThresholds(actions.list),
    subject: actions.subject,
    unknownWeight: actions.unknown_weight,
    growFactor: actions.grow_factor,
    groups,
    composites,
    options: {
      gtubePatterns: options.gtube_patterns as GtubePatterns,
      taskTimeout: options.task_timeout,
      softRejectOnTimeout: options.soft_reject_on_timeout,
      localAddrs: options.local_addrs,
      checkAllFilters: options.check_all_filters,
      mimeUtf: options.enable_mime_utf,
      shots: options.one_shot ? 1 : options.max_shots,
      publicGroupsOnly: options.public_groups_only,
      dnsMaxRequests: options.dns_max_requests,
    },
    stateFolder: stateFolder(paths['DBDIR']),
    shareFolder: paths['SHAREDIR'],
    tree,
  };
}

/** Without an actions section every message would pass; the stock limits are what such a tree means. */
function withThresholds(actions: readonly Action[]): readonly Action[] {
  if (actions.some(({ threshold }) => threshold !== undefined)) return actions;
  return actions.map((action) => {
    const threshold = stockThresholds.get(action.name);
    return threshold === undefined ? action : { ...action, threshold, noThreshold: false, ham: false };
  });
}
