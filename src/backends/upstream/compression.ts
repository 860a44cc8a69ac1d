import { ScanError } from '../../message/errors.ts';
import { sameName } from '../../message/header-names.ts';
import { Headers } from '../../message/headers.ts';
import { commandOf } from '../../message/target.ts';
import { sharedZstd, ZstdError } from '../../wire/zstd/index.ts';
import type { WireRequest } from './connections.ts';
import type { WireReply } from './reply.ts';

const names = ['compression', 'content-encoding'] as const;

/**
 * The request with its body compressed (`compress`), as Rspamd marks it for old scanners and new ones. What the client
 * has compressed already stays as it is; a form (/checkv3) says for each of its parts how that is compressed.
 */
export async function compressed(request: WireRequest): Promise<WireRequest> {
  const { target, fields, body } = request;
  const marked = fields.some((name, at) => at % 2 === 0 && names.some((one) => sameName(one, name)));
  if (marked || body.length === 0 || commandOf(target) === 'checkv3') return request;
  const zstd = await sharedZstd();
  const more = ['Compression', 'zstd', 'Content-Encoding', 'zstd'];
  return { ...request, fields: [...fields, ...more], body: zstd.compress(body) };
}

/** Whether the body of a reply must be decompressed before anybody can read it. */
export function isCompressed({ headers }: WireReply): boolean {
  return names.some((name) => sameName(headers.get(name) ?? '', 'zstd'));
}

/**
 * @param maxBytes the largest body that is taken
 * @throws ScanError `UPSTREAM_MALFORMED`: nobody can say what the scanner meant. (Rspamd passes such a body on as it is.)
 */
export async function decompressed(reply: WireReply, maxBytes: number): Promise<WireReply> {
  const headers = new Headers(reply.headers.flat).delete(...names);
  if (reply.body.length === 0) return { ...reply, headers };
  const zstd = await sharedZstd();
  try {
    return { ...reply, headers, body: zstd.decompress(reply.body, maxBytes) };
  } catch (error) {
    if (error instanceof ZstdError) throw new ScanError('UPSTREAM_MALFORMED', error.message, error);
    throw error;
  }
}
