import type { Position, UclObject } from '../ucl/index.ts';
import type { Action } from './actions.ts';
import type { PlacedListener } from './bind.ts';
import type { CompositeDefinition } from './composites.ts';
import type { SymbolGroup } from './groups.ts';
import type { Settings } from './option.ts';
import type { httpTable } from './tables/http.ts';
import type { loggingTable } from './tables/logging.ts';
import type { dnsTable, optionsTable } from './tables/options.ts';
import type { mirrorTable, tokenBucketTable, upstreamTable } from './tables/upstream.ts';
import type { proxyTable, workerTable } from './tables/worker.ts';

/**
 * The configuration as plain data. Options keep their names; times are milliseconds, sizes bytes, paths decoded text,
 * other strings byte strings (see src/ucl). Undefined where an option is not set and has no default.
 */
export interface ProxyConfig {
  /** Every `rspamd_proxy` worker of the tree, in its order, those turned off too. */
  readonly workers: readonly ProxyWorker[];
  /** Types of the other workers in the tree, which this program does not run. */
  readonly otherWorkers: readonly string[];
  readonly options: OptionsConfig;
  readonly logging: LoggingConfig;
  readonly http: HttpConfig;
  readonly actions: ActionsConfig;
  /** Symbols with their scores, by group. */
  readonly groups: readonly SymbolGroup[];
  readonly composites: readonly CompositeDefinition[];
  /** The whole tree, for sections that have no table. */
  readonly tree: UclObject;
  /** Folders by the names that Rspamd has for them (`LUALIBDIR`), as byte strings; empty for those of the package. */
  readonly paths: Readonly<Record<string, string>>;
}

export type OptionsConfig = Omit<Settings<typeof optionsTable>, 'dns'> & { readonly dns: DnsConfig };

export type DnsConfig = Settings<typeof dnsTable> & {
  /** Strings in the grammar of `hosts`; empty for the name servers of the system. */
  readonly nameserver: readonly HostsString[];
  /** Paths of hosts files; undefined for that of the system. */
  readonly hosts: readonly string[] | undefined;
};

export type LoggingConfig = Settings<typeof loggingTable>;
export type HttpConfig = Settings<typeof httpTable>;

export interface ActionsConfig {
  /** All registered actions: those of the program, then the operator's own. */
  readonly list: readonly Action[];
  readonly subject: string | undefined;
  readonly unknown_weight: number | undefined;
  readonly grow_factor: number | undefined;
}

export type ProxyWorker = Settings<typeof workerTable> &
  Settings<typeof proxyTable> & {
    readonly at: Position;
    /** True when `enabled` is false or `count` is 0 or less: the worker is not started. */
    readonly off: boolean;
    readonly listeners: readonly PlacedListener[];
    readonly upstreams: readonly Upstream[];
    readonly mirrors: readonly Mirror[];
    /** Names of upstreams and mirrors that are switched off. */
    readonly disabled: readonly string[];
  };

/** One string of `hosts`, byte string as written; `src/upstreams` knows its grammar. */
export interface HostsString {
  readonly value: string;
  readonly at: Position;
}

interface Target {
  readonly name: string;
  readonly at: Position;
  /** Empty for an upstream that only scans in this process. */
  readonly hosts: readonly HostsString[];
  /** Milliseconds for one try, inherited from the worker as the original does. */
  readonly timeout: number;
  readonly log_tag: 'session' | 'queue_id' | 'none';
  /** Header name and value, in their order. */
  readonly extra_headers: ReadonlyArray<readonly [name: string, value: string]>;
}

export type Upstream = Omit<Settings<typeof upstreamTable>, 'timeout' | 'log_tag' | 'default'> &
  Target & {
    /** Takes requests that name no upstream; true for one upstream of a worker at most. */
    readonly default: boolean;
    readonly token_bucket: Settings<typeof tokenBucketTable> | undefined;
  };

export type Mirror = Omit<Settings<typeof mirrorTable>, 'timeout' | 'log_tag'> & Target;
