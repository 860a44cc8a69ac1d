import { Headers } from '../../message/headers.ts';
import type { ScanReply } from '../../message/scan.ts';
import { readResult } from '../result.ts';

/** A complete reply as it came over the wire. */
export interface WireReply {
  readonly status: number;
  readonly reason: string;
  /** name, value, name, value … */
  readonly fields: readonly string[];
  /** Without framing. */
  readonly body: Buffer;
}

/** Framing, and what speaks of this connection or this scanner only. */
const ownHeaders = new Set([
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
export function readReply(wire: WireReply): ScanReply {
  const headers = new Headers(passedOn(wire.fields));
  const offset = messageOffset(headers.get('Message-Offset'), wire.body.length);
  const json = offset === undefined ? wire.body : wire.body.subarray(0, offset);
  return {
    status: wire.status,
    reason: wire.reason,
    headers,
    body: wire.body,
    ...readResult(headers.get('Content-Type'), json),
    rewritten: offset === undefined ? undefined : wire.body.subarray(offset),
  };
}

function passedOn(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (!ownHeaders.has(name.toLowerCase())) kept.push(name, fields[at + 1] as string);
  }
  return kept;
}

/** Where the rewritten message begins; what is no number or lies behind the end is ignored, as in Rspamd. */
function messageOffset(value: string | undefined, length: number): number | undefined {
  if (value === undefined || !/^ *\d+ *$/.test(value)) return undefined;
  const offset = Number(value);
  return offset < length ? offset : undefined;
}
