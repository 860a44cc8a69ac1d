import { wireLimits } from '../../wire/milter/index.ts';

/** What an action of a verdict means to an MTA (rspamd: src/libmime/scan_result.h:enum rspamd_action_type). */
export type ActionKind =
  | 'reject'
  | 'soft reject'
  | 'rewrite subject'
  | 'add header'
  | 'greylist'
  | 'no action'
  | 'discard'
  | 'quarantine'
  | 'custom';

/** Options of a proxy worker in milter mode; texts and names are byte strings, durations milliseconds. */
export interface MilterOptions {
  /** `reject` drops the message silently. Wins over `quarantineOnReject`. */
  readonly discardOnReject: boolean;
  /** `reject` puts the message into the MTA's quarantine. */
  readonly quarantineOnReject: boolean;
  /** Name of the header that marks spam. */
  readonly spamHeader: string;
  readonly rejectMessage: string;
  readonly tempfailMessage: string;
  readonly quarantineMessage: string;
  /** Issuer of client certificates whose subject counts as an authenticated user. */
  readonly clientCaName: string | undefined;
  /** Largest message, envelope included, in bytes; a larger one is answered with a temporary failure. */
  readonly maxMessage: number;
  /** How long a scan may take in all; below the 300 s after which MTAs give a milter up. */
  readonly scanDeadline: number;
  /** How often a waiting MTA is told that the scan goes on. Sendmail waits 10 s for each reply by default. */
  readonly progressInterval: number;
  /** A connection without a byte for so long is closed. */
  readonly idleTimeout: number;
  /** The same in the middle of a packet, or while the MTA takes none of our bytes. */
  readonly packetTimeout: number;
  /** Actions that a verdict may name, by their canonical names (`add header`): those of the section `actions {}`. */
  readonly actions: ReadonlyMap<string, ActionKind>;
  /** `Server` header of the answer to `GET /ping`. */
  readonly serverHeader: string;
  /**
   * Ask for header values with their leading space (protocol bit 0x100000). Rspamd does not, so that `Name:value`
   * reaches the scanner as `Name: value`, which breaks DKIM signatures with simple header canonicalisation.
   */
  readonly leadingSpace: boolean;
}

/** Actions that exist without being configured (rspamd: src/libserver/cfg_utils.cxx:rspamd_config_new). */
export const standardActions: ReadonlyMap<string, ActionKind> = new Map(
  (['reject', 'soft reject', 'rewrite subject', 'add header', 'greylist', 'no action'] as const).map((name) => [
    name,
    name,
  ]),
);

const second = 1000;
const minute = 60 * second;

/** The defaults of the original where it has any (rspamd: src/libserver/milter_internal.h). */
export const milterDefaults: MilterOptions = {
  discardOnReject: false,
  quarantineOnReject: false,
  spamHeader: 'X-Spam',
  rejectMessage: 'Spam message rejected',
  tempfailMessage: 'Try again later',
  quarantineMessage: 'Spam message quarantined',
  clientCaName: undefined,
  maxMessage: 50 * 1024 * 1024,
  scanDeadline: 4 * minute,
  progressInterval: 5 * second,
  idleTimeout: 120 * minute,
  packetTimeout: 5 * minute,
  actions: standardActions,
  serverHeader: 'rspamd-proxy (milter mode)',
  leadingSpace: false,
};

/** Bounds that no option sets. */
export const sessionLimits = {
  /** Bytes received during a scan after which the socket is no longer read. */
  heldBytes: 2 * wireLimits.payloadBytes,
  /** A longer macro value is ignored: none of those used here comes near it. */
  macroValueBytes: 8192,
  /** Bytes of an HTTP request on the milter port. */
  httpBytes: 8192,
} as const;
