import { HeaderNames } from '../../message/header-names.ts';
import type { Headers } from '../../message/headers.ts';
import type { ScanReply } from '../../message/scan.ts';
import { readResult } from '../result.ts';

/** A complete reply as it came over the wire. */
export interface WireReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  /** Without framing. */
  readonly body: Buffer;
}

/** Framing, and what speaks of this connection or this scanner only. */
const ownHeaders = new HeaderNames([
  'content-length',
  'transfer-encoding',
  'trailer',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'server',
  'key',
]);

/** What a reply means. One that is no verdict is a reply all the same: an HTTP client gets it as it is. */
export function readReply({ status, reason, headers, body }: WireReply): ScanReply {
  const offset = messageOffset(headers.get('Message-Offset'), body.length);
  const json = offset === undefined ? body : body.subarray(0, offset);
  const { result, encoding } = readResult(headers.get('Content-Type'), json);
  const rewritten = offset === undefined ? undefined : body.subarray(offset);
  return { status, reason, headers: headers.without(ownHeaders), body, result, encoding, rewritten };
}

/** Where the rewritten message begins; what is no number or lies behind the end is ignored, as in Rspamd. */
function messageOffset(value: string | undefined, length: number): number | undefined {
  if (value === undefined || !/^ *\d+ *$/.test(value)) return undefined;
  const offset = Number(value);
  return offset < length ? offset : undefined;
}
