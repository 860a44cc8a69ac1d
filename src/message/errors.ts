/**
 * What can go wrong between a client and a verdict. `status` is the HTTP status a client gets; a milter client gets a
 * temporary failure for all of them. `retry` says whether another host may do better with the same message.
 */
const catalogue = {
  BAD_REQUEST: { status: 400, retry: false, text: 'the request cannot be understood' },
  ENCRYPTION_REQUIRED: { status: 403, retry: false, text: 'this listener takes encrypted requests only' },
  FILE_INPUT_REFUSED: { status: 400, retry: false, text: 'File and shm message sources are not allowed' },
  MESSAGE_TOO_LARGE: { status: 413, retry: false, text: 'the message is larger than max_message' },
  TOO_MANY_CONNECTIONS: { status: 503, retry: false, text: 'connection limit reached' },
  NO_UPSTREAM: { status: 503, retry: false, text: 'no upstream is configured for this request' },
  NO_LIVE_HOST: { status: 503, retry: false, text: 'no host of the upstream can be used now' },
  OUT_OF_SOCKETS: { status: 503, retry: false, text: 'this machine has no socket left to ask a scanner with' },
  UPSTREAM_UNREACHABLE: { status: 502, retry: true, text: 'cannot connect to the scanner' },
  UPSTREAM_BROKEN: {
    status: 502,
    retry: true,
    text: 'the scanner closed the connection before its reply was complete',
  },
  UPSTREAM_MALFORMED: { status: 502, retry: true, text: 'the reply of the scanner cannot be understood' },
  UPSTREAM_TIMEOUT: { status: 504, retry: true, text: 'the scanner did not answer in time' },
  DEADLINE: { status: 504, retry: false, text: 'no scanner answered before the deadline of the message' },
  CANCELLED: { status: 499, retry: false, text: 'the client went away' },
  SHUTTING_DOWN: { status: 503, retry: false, text: 'the proxy is stopping' },
  INTERNAL: { status: 500, retry: false, text: 'internal error' },
} as const satisfies Record<string, { status: number; retry: boolean; text: string }>;

export type ScanErrorCode = keyof typeof catalogue;

/** A message got no verdict. Whatever the reason, the client is told so; the message is never passed as clean. */
export class ScanError extends Error {
  readonly code: ScanErrorCode;
  readonly detail: string | undefined;

  /** @param detail what happened, in words of the layer that saw it (`connect ECONNREFUSED 127.0.0.1:11333`) */
  constructor(code: ScanErrorCode, detail?: string, cause?: unknown) {
    super(detail === undefined ? catalogue[code].text : `${catalogue[code].text}: ${detail}`, { cause });
    this.name = 'ScanError';
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  /** Whether the same message may be offered to another host. */
  get retry(): boolean {
    return catalogue[this.code].retry;
  }

  static from(cause: unknown): ScanError {
    if (cause instanceof ScanError) return cause;
    return new ScanError('INTERNAL', cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A peer broke its protocol: the session ends, the process goes on. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
