import { getServers, promises } from 'node:dns';
import { isIP } from 'node:net';
import type { Logger } from '../../message/log.ts';
import {
  type Attempt,
  type HostsSpec,
  type Limits,
  type Lookup,
  type Outcome,
  parseHosts,
  UpstreamGroup,
} from '../../upstreams/index.ts';
import type { Datagrams } from '../datagrams/index.ts';
import { Nameserver } from './nameserver.ts';

const dnsPort = 53;

export interface ServersSettings {
  /** Strings of the option `nameserver`; where they name none, those of the system are asked. */
  readonly given: readonly string[];
  /** UDP sockets for each server. */
  readonly sockets: number;
  readonly limits: Limits | undefined;
  readonly datagrams: Datagrams;
  readonly log: Logger | undefined;
}

/** One sending of a question to a server. */
export interface Turn {
  readonly server: Nameserver;
  /** Counts once. @param reason for the log */
  report(outcome: Outcome, reason?: string): void;
}

/** The operator's nameservers: chosen as hosts of any upstream are, and left out while they do not answer. */
export class Servers {
  readonly #group: UpstreamGroup;
  readonly #settings: ServersSettings;
  readonly #known = new Map<string, Nameserver>();
  #turn = 0;
  #closed = false;

  constructor(settings: ServersSettings) {
    this.#settings = settings;
    const { given, limits, log } = settings;
    const hosts = ownServers(given) ?? systemServers();
    this.#group = new UpstreamGroup({ name: 'nameserver', hosts, limits, log, lookup: bySystem });
  }

  /** Names of nameservers have been looked up. */
  get ready(): Promise<void> {
    return this.#group.ready;
  }

  /** How many answer, as far as is known; at least one. */
  get living(): number {
    return Math.max(1, this.#group.status().filter(({ state }) => state === 'alive' || state === 'easing').length);
  }

  /**
   * @param name that is asked for
   * @param tried turns that this question had
   * @returns undefined where there is no nameserver at all
   */
  next(name: string, tried: Attempt[]): Turn | undefined {
    if (this.#closed) return undefined;
    const attempt = this.#group.pick({ key: Buffer.from(name, 'latin1'), tried });
    if (attempt === undefined) return this.#anyOfThem();
    tried.push(attempt);
    const { endpoint } = attempt;
    if (endpoint.kind !== 'inet') return undefined;
    return {
      server: this.#serverAt(endpoint.address, endpoint.port),
      report: (outcome, reason) => this.#group.report(attempt, outcome, reason),
    };
  }

  /** Where all count as dead a question is asked all the same: it may be its zone that does not answer. */
  #anyOfThem(): Turn | undefined {
    const all = [...this.#known.values()];
    const server = all[this.#turn++ % all.length];
    return server && { server, report: () => {} };
  }

  #serverAt(host: string, port: number): Nameserver {
    const key = `${host} ${port}`;
    let server = this.#known.get(key);
    if (server === undefined) {
      server = new Nameserver({ host, port }, this.#settings.sockets, this.#settings.datagrams);
      this.#known.set(key, server);
    }
    return server;
  }

  close(): void {
    this.#closed = true;
    this.#group.close();
    for (const server of this.#known.values()) server.close();
  }
}

/** @returns undefined where there is none that can be used; configtest tells why */
function ownServers(given: readonly string[]): HostsSpec | undefined {
  const spec = parseHosts(given, dnsPort);
  const items = spec.items.filter(({ kind }) => kind === 'inet');
  return items.length > 0 ? { ...spec, items } : undefined;
}

/** Those of resolv.conf: in turn, the earlier ones more often (rspamd: src/libserver/dns.c:rspamd_dns_server_reorder). */
function systemServers(): HostsSpec {
  const servers = getServers();
  const items = servers.map((text, at) => {
    const [, address, port] = isIP(text) === 0 ? (/^\[?(.+?)\]?:(\d+)$/.exec(text) ?? []) : [];
    const weight = servers.length - at + 1;
    return { kind: 'inet' as const, name: text, host: address ?? text, port: Number(port ?? dnsPort), weight };
  });
  return { rotation: 'round-robin', items, problems: [] };
}

/** A nameserver that has a name cannot be asked for it. */
const bySystem: Lookup = {
  async addresses(name) {
    const found = await promises.lookup(name, { all: true });
    return { addresses: found.map(({ address }) => address), ttl: undefined };
  },
  service: (name) => Promise.reject(new Error(`${name}: a nameserver is no service`)),
  close: () => {},
};
