import { ScanError } from '../../message/errors.ts';
import { formatPeer } from '../../message/peer.ts';
import type { ScanReply, ScanRequest } from '../../message/scan.ts';
import type { Ask, Attempt, UpstreamGroup } from '../../upstreams/index.ts';
import type { Backend, Tries } from '../backend.ts';
import type { ResultReader } from '../result.ts';
import { compressed, decompressed, isCompressed } from './compression.ts';
import type { Connections } from './connections.ts';
import { UpstreamReply, type WireReply } from './reply.ts';
import type { RequestWriter } from './request.ts';

export interface UpstreamOptions {
  readonly name: string;
  /** Chooses the hosts and keeps account of them. */
  readonly hosts: Pick<UpstreamGroup, 'pick' | 'recovering' | 'report' | 'close'>;
  readonly connections: Connections;
  readonly writer: RequestWriter;
  /** Milliseconds for one try as a whole: connecting, sending, the complete reply; 0 leaves it to the message's own. */
  readonly timeout: number;
  /** Whether messages go compressed. */
  readonly compress?: boolean | undefined;
  /** Milliseconds that a message waits when every host is held for dead: one of them may just be coming back. */
  readonly patience?: number | undefined;
  /** Bytes of a reply's body when it is decompressed. */
  readonly maxReply: number;
  /** How results in replies are read; the usual way where it is left out. */
  readonly read?: ResultReader | undefined;
}

/** A host that failed this message gets it again after so long, in milliseconds, doubling up to `longest`. */
const backOff = { first: 50, longest: 200 } as const;

/** While a message waits for a host to come back: how often it looks, in milliseconds. */
const look = 50;

/** Asks Rspamd scanners: one try is one exchange with one host. */
export class UpstreamBackend implements Backend {
  readonly name: string;
  readonly #options: UpstreamOptions;

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async scan(request: ScanRequest, tries: Tries): Promise<ScanReply> {
    const { hosts } = this.#options;
    const ask = { client: request.peer, bytes: request.body.length, tried: tries.hosts, last: tries.last };
    const attempt = hosts.pick(ask) ?? (await this.#comingBack(ask, request));
    if (attempt === undefined) throw new ScanError('NO_LIVE_HOST');
    const wait = waitFor(attempt, tries.hosts);
    tries.hosts.push(attempt);
    tries.begun(formatPeer(attempt.endpoint));
    let reply: WireReply;
    try {
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      reply = await this.#exchange(request, attempt);
      if (isCompressed(reply)) reply = await decompressed(reply, this.#options.maxReply);
    } catch (cause) {
      const error = ScanError.from(cause);
      hosts.report(attempt, error.retry ? 'fail' : 'neutral', error.message);
      throw error;
    }
    hosts.report(attempt, 'ok');
    return new UpstreamReply(reply, this.#options.read);
  }

  async close(): Promise<void> {
    this.#options.hosts.close();
    await this.#options.connections.close();
  }

  /** The first host that can be used within the time for that. */
  async #comingBack(ask: Omit<Ask, 'now' | 'random'>, { signal, deadline }: ScanRequest): Promise<Attempt | undefined> {
    const { hosts, patience = 0 } = this.#options;
    const until = Math.min(performance.now() + patience, deadline);
    while (hosts.recovering && !signal.aborted && performance.now() + look < until) {
      await new Promise((resolve) => setTimeout(resolve, look));
      const attempt = hosts.pick(ask);
      if (attempt !== undefined) return attempt;
    }
    return undefined;
  }

  #exchange(request: ScanRequest, { name, host, endpoint }: Attempt): Promise<WireReply> {
    const { connections, writer, timeout, compress } = this.#options;
    const { target, body, signal } = request;
    const until = timeout > 0 ? Math.min(performance.now() + timeout, request.deadline) : request.deadline;
    const wire = { target, host: name, serverName: host, fields: writer.fields(request), body };
    if (compress !== true) return connections.exchange(endpoint, wire, { until, signal });
    return compressed(wire).then((smaller) => connections.exchange(endpoint, smaller, { until, signal }));
  }
}

/**
 * How long to wait before a host gets a message that it has failed already, which happens where there is no other: a
 * scanner that is being restarted refuses for a moment. A try that took longer than that was wait enough. (Rspamd
 * tries again at once: five tries are over in milliseconds.)
 */
function waitFor(attempt: Attempt, tried: readonly Attempt[]): number {
  if (tried.length === 0) return 0;
  const before = tried.filter((other) => other.member === attempt.member);
  const [last] = before.slice(-1);
  if (last === undefined) return 0;
  const pause = Math.min(backOff.first * 2 ** (before.length - 1), backOff.longest);
  return Math.max(0, last.startedAt + pause - attempt.startedAt);
}
