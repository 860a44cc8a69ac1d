import { sameName } from '../../message/header-names.ts';
import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import type { ScanReply } from '../../message/scan.ts';
import { sharedZstd } from '../../wire/zstd/index.ts';

/**
 * Whether a client takes compressed replies: it compressed its request, or says so (rspamd: src/rspamd_proxy.c:
 * proxy_client_finish_handler, which knows no `zstd;q=0`).
 */
export function takesZstd(headers: ReadonlyHeaders): boolean {
  if (sameName(headers.get('Compression') ?? '', 'zstd')) return true;
  const accepted = headers.get('Accept-Encoding');
  return accepted !== undefined && /zstd(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted);
}

/**
 * The reply with its body compressed, marked for clients of today and older ones. One that is encoded already (gzip, of
 * a scanner that is none) stays as it is.
 */
export async function compressedReply(reply: ScanReply): Promise<ScanReply> {
  const { status, reason, headers, body, encoding } = reply;
  if (body.length === 0 || headers.has('Compression') || headers.has('Content-Encoding')) return reply;
  const zstd = await sharedZstd();
  return {
    status,
    reason,
    headers: new Headers([...headers.flat, 'Compression', 'zstd', 'Content-Encoding', 'zstd']),
    body: zstd.compress(body),
    encoding,
    result: undefined,
    rewritten: undefined,
  };
}
