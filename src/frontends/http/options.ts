import type { Deadlines } from '../../message/deadlines.ts';
import type { Logger } from '../../message/log.ts';
import type { Scan } from '../../message/scan.ts';
import type { CryptServer } from '../../wire/crypt/index.ts';

export interface HttpOptions {
  readonly scan: Scan;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  /** Value of the `Server` header, `rspamd/4.1.6`. */
  readonly serverName: string;
  /** Largest message, in bytes, declared or received (`max_message`). */
  readonly maxMessage: number;
  /** `allow_file_and_shm_inputs`: whether clients that came over TCP may name files to be scanned. */
  readonly allowFileInputs: boolean;
  /** Opens encrypted requests (`keypair`); undefined where the worker has no key. */
  readonly crypt?: CryptServer | undefined;
  /** `encrypted_only`: whether plain requests are refused that come from other machines. */
  readonly encryptedOnly?: boolean | undefined;
  /** Milliseconds in which a client must have sent its request, and must take its reply. */
  readonly requestTimeout: number;
  /** Milliseconds in which a message must be scanned, all tries together. */
  readonly scanTimeout: number;
  /** Milliseconds for which a connection may rest between two messages. */
  readonly idleTimeout: number;
}

export const limits = {
  /** Request line and header (rspamd: contrib/http-parser/http_parser.h:HTTP_MAX_HEADER_SIZE). */
  headBytes: 80 * 1024,
  /** What a client may have sent ahead while its message is scanned, before we stop reading from it. */
  aheadBytes: 64 * 1024,
  /** How long a connection that we end may take to be closed by the client too, in milliseconds. */
  linger: 5_000,
  /** When to find out whether a client that closed its sending side is still there, in milliseconds. */
  probeAfter: 500,
  probeAgain: 50,
} as const;
