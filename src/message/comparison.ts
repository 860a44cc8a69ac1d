/**
 * What became of one copy of a message: a result (any value, texts as `encoding` says), or in the words of the original
 * why there is none.
 */
export type Compared = { readonly value: unknown; readonly encoding: 'utf8' | 'latin1' } | string;

/**
 * What the upstream and the mirrors made of one message. There is one for every message whose upstream gave a result,
 * when the last mirror has ended (rspamd: src/rspamd_proxy.c:proxy_session_dtor).
 */
export interface Comparison {
  readonly sessionId: string;
  /** The first six characters of the session id: the tag that log lines show. */
  readonly tag: string;
  /** When the message came, in milliseconds since the epoch. */
  readonly when: number;
  /** Queue id that the MTA named, a byte string. */
  readonly queueId: string | undefined;
  /**
   * `master` first, then the mirrors that were started, by their names in the order of the configuration. A mirror that
   * was not drawn or that could not be connected to at once is missing; of two with the same name the later one is here.
   */
  readonly results: ReadonlyMap<string, Compared>;
  /** Size of the answers that the results were read from. */
  readonly bytes: number;
  /** How long each of them took, in milliseconds, by the same names. */
  readonly times: ReadonlyMap<string, number>;
}

/** Who is told of comparisons. What it throws is logged and harms nobody. */
export interface ComparisonListener {
  /** Whether messages that went to no mirror are of interest, too. */
  readonly alone: boolean;
  compared(comparison: Comparison): void;
}
