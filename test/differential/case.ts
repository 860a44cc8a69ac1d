import type { DnsZone } from '../support/dns-server.ts';
import type { Behaviour } from '../support/scripted-scanner.ts';
import type { FailureName } from './failures.ts';

/**
 * One behaviour of a proxy, as data: what stands around it, what is done to it, what is seen then. The same case is
 * put to the original and to us.
 */
export interface Case {
  /** Its name for ever: a number, or the number and a letter. */
  readonly row: string;
  readonly title: string;
  readonly scanners?: Readonly<Record<string, ScannerSpec>>;
  /**
   * Lines of the worker section. Placeholders: `<A>` scanner A as `hosts` has it, `<A.port>` its port, `<folder>` of
   * the case, `<address>` on which the proxy listens (port 11332), `<network>` address and port in the network of this machine,
   * `<dns>` the nameserver.
   */
  readonly worker: string;
  /** Lines inside of the `options` section. */
  readonly options?: string;
  /** Whatever else belongs into the configuration. */
  readonly top?: string;
  /** The whole configuration, for cases about starting. */
  readonly text?: string;
  /** Words on the command line behind the usual ones. */
  readonly args?: readonly string[];
  /** What the nameserver knows; there is one wherever this is given. */
  readonly zone?: Zone;
  /** The peer does not stay up: the case is about how it ends. */
  readonly refused?: true;
  /** Worker processes; 1 if absent. */
  readonly count?: number;
  readonly steps?: readonly Step[];
  readonly expect: Expectation;
  readonly differs?: Differs;
  /** Put to us alone: it is about what a proxy must do, not about what the original does. */
  readonly only?: 'ours';
  /** Skipped on machines without a network address, or without OpenSSL's program to make a certificate. */
  readonly needs?: 'network' | 'openssl';
  /** We do not do that yet. */
  readonly pending?: string;
  /** Takes long: runs in the slow suite only. */
  readonly slow?: true;
}

/** @param port of a scanner, by its name */
export type Zone = (port: (scanner: string) => number) => DnsZone;

/**
 * - a script: a scanner of that behaviour on TCP; with `over` the same on a unix socket, or behind TLS with the
 *   certificate `<folder>/scanner.pem` for 127.0.0.1
 * - `refuses`: a port on which nobody listens; `missing`: a unix socket that does not exist
 * - `full`: a port whose queue of connections is full, so that connecting hangs
 */
export type ScannerSpec = readonly Behaviour[] | Placed | 'refuses' | 'missing' | 'full';

export interface Placed {
  readonly over: 'unix' | 'tls';
  readonly script: readonly Behaviour[];
}

export type Step =
  | ({ readonly do: 'ask' } & Ask)
  /** Waits for the replies of all requests sent in the background. */
  | { readonly do: 'join' }
  /** Opens connections that send nothing and stay open. */
  | { readonly do: 'connect'; readonly count: number; readonly via?: 'unix' }
  | { readonly do: 'disconnect' }
  | { readonly do: 'wait'; readonly seconds: number }
  /** Waits until a scanner has seen so many requests. */
  | { readonly do: 'await'; readonly scanner: string; readonly requests: number }
  | { readonly do: 'play'; readonly scanner: string; readonly script: readonly Behaviour[] }
  | { readonly do: 'zone'; readonly zone: Zone }
  | { readonly do: 'signal'; readonly signal: NodeJS.Signals; readonly to: 'main' | 'worker' }
  /** Another configuration in the same file, and the signal to read it. */
  | { readonly do: 'reload'; readonly worker?: string; readonly text?: string; readonly says: RegExp }
  | { readonly do: 'move log' }
  /** Waits until the log has it so often. */
  | { readonly do: 'log'; readonly has: RegExp; readonly times?: number }
  | { readonly do: 'exit'; readonly within: number }
  /** Counts the worker processes under that name. */
  | { readonly do: 'count workers'; readonly as: string };

export interface Ask {
  readonly target?: string;
  readonly headers?: readonly string[];
  /** Text, or the number of bytes of one that does not matter. */
  readonly body?: string | number;
  /** Each request has its number in the target: `?n=1`. */
  readonly numbered?: true;
  /** All that is sent, in place of a request made of the above. */
  readonly raw?: string;
  /** Replies expected on the connection. */
  readonly replies?: number;
  /** Requests of this kind, one after the other unless `every` or `atOnce` says otherwise. */
  readonly times?: number;
  /** Seconds from start to start. */
  readonly every?: number;
  readonly atOnce?: boolean;
  /**
   * Comes over the unix socket `<folder>/proxy.sock`, from that local address, or by the address that this machine has
   * in its network, which is no loopback address.
   */
  readonly via?: 'unix' | 'network' | { readonly from: string };
  /** Seconds after which the client goes away. */
  readonly leaves?: number;
  /** Sends everything, then says that nothing more comes. */
  readonly halfCloses?: true;
  /** The next steps do not wait for the reply. */
  readonly background?: true;
}

/** Bounds, both included. */
export type Range = number | readonly [least: number, most: number];

export interface Expectation {
  /** Of all requests, in the order in which they were sent. */
  readonly replies?: readonly ReplyPattern[];
  /** The replies that came last. */
  readonly last?: readonly ReplyPattern[];
  /** How many replies are of which kind, where their order is not fixed; kinds that are not named do not come. */
  readonly tally?: Readonly<Partial<Record<'verdict' | FailureName, Range>>>;
  /** Scanners that have seen the same requests, by their targets. */
  readonly alike?: readonly string[];
  /** Names of the scanners in the order in which requests came to them: `A B A`. */
  readonly asked?: string | RegExp;
  /** Requests that each scanner has seen. */
  readonly requests?: Readonly<Record<string, Range>>;
  readonly connections?: Readonly<Record<string, Range>>;
  /** What the requests to a scanner looked like. */
  readonly saw?: Readonly<Record<string, readonly RequestPattern[]>>;
  readonly log?: readonly LogPattern[];
  readonly exit?: number | string;
  /** Worker processes, by the names under which they were counted. */
  readonly workers?: Readonly<Record<string, number>>;
  /** Files in the folder, after all: content, or null for none. */
  readonly files?: Readonly<Record<string, RegExp | null>>;
}

export interface ReplyPattern {
  /**
   * A verdict (200 with the JSON of a scanner), a kind of failure, which every peer tells in its own words, or a status
   * line without the protocol version. `closed`: the end of the connection without a reply; `nothing`: not even that.
   */
  readonly is?: 'verdict' | FailureName | 'closed' | 'nothing' | RegExp;
  /** Scanner that gave the verdict. */
  readonly by?: string;
  readonly body?: string | RegExp;
  readonly headers?: HeaderPatterns;
  /** Seconds until the reply was complete. */
  readonly after?: Range;
  /** Seconds until the connection was closed. */
  readonly end?: Range;
}

/** null: no such header; an array: all headers of that name. */
export type HeaderPatterns = Readonly<Record<string, string | RegExp | null | readonly (string | RegExp)[]>>;

export interface RequestPattern {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: HeaderPatterns;
  readonly body?: string | RegExp;
}

export interface LogPattern {
  readonly has: RegExp;
  readonly times?: Range;
}

/** Known differences, each with its reason. `before 4.0`: of originals older than that. */
export type Differs = Readonly<Partial<Record<'ours' | `before ${number}.${number}`, Difference>>>;

export interface Difference {
  readonly because: string;
  /** What is expected there, entry by entry in place of the common ones; without it the case does not apply. */
  readonly expect?: Expectation;
}
