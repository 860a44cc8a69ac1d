import { type Opener, type RestRules, type StageLimits, tlsOpener } from '../backends/index.ts';
import type { ProxyConfig } from '../config/index.ts';
import { ClientKey, CryptClient, loadCipher } from '../wire/crypt/index.ts';
import type { TargetSpec } from './spec.ts';
import { type TrustSpec, trustContext } from './trust.ts';

/** What all connections to scanners have in common (`http { client { } }` and the TLS options); times in milliseconds. */
export interface ScannerAccessSpec {
  readonly rest: RestRules;
  readonly stages: StageLimits;
  /** Life of the key that encrypted requests are sent with; 0 makes one for each. */
  readonly rotateTime: number;
  /** Shared secrets that are remembered. */
  readonly cacheSize: number;
  readonly trust: TrustSpec;
}

export function scannerAccessSpec({ http: { client }, options }: ProxyConfig): ScannerAccessSpec {
  return {
    rest: {
      idle: client.idle_timeout > 0 ? client.idle_timeout : client.keepalive_interval,
      most: client.pool_size,
      evict: client.eviction_policy === 'lifo' ? 'newest' : 'oldest',
      life: client.connection_ttl,
      uses: client.max_reuse,
    },
    stages: {
      connecting: client.connect_timeout,
      securing: client.ssl_timeout,
      sending: client.write_timeout,
      receiving: client.read_timeout,
    },
    rotateTime: client.rotate_time,
    cacheSize: client.cache_size,
    trust: { caPath: options.ssl_ca_path, ciphers: options.ssl_ciphers },
  };
}

/** One of each for all upstreams and mirrors of a worker; undefined where none of them has need of it. */
export interface ScannerAccess {
  readonly rest: RestRules;
  readonly stages: StageLimits;
  readonly tls: Opener | undefined;
  readonly crypt: CryptClient | undefined;
}

/** @throws Error that names the option which cannot be used */
export async function scannerAccess(
  { rest, stages, rotateTime, cacheSize, trust }: ScannerAccessSpec,
  targets: readonly TargetSpec[],
): Promise<ScannerAccess> {
  const tls = targets.some(({ ssl }) => ssl) ? tlsOpener(trustContext(trust)) : undefined;
  const encrypts = targets.some(({ key }) => key !== undefined);
  const clientKey = new ClientKey({ rotateTime: rotateTime / 1000 });
  const crypt = encrypts ? new CryptClient(await loadCipher(), clientKey, cacheSize) : undefined;
  return { rest, stages, tls, crypt };
}
