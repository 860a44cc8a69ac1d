import { ScanError } from '../../message/errors.ts';
import { decodeMsgpack } from '../../wire/msgpack/index.ts';
import { parseMultipart } from '../../wire/multipart/index.ts';
import type { Received } from './received.ts';

/** Keys of the metadata that mean what the headers File and Shm mean (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_v3_request). */
const sources = new Set(['file', 'shm', 'shm_offset', 'shm_length']);

/**
 * Refuses a form of /checkv3 that names a file or shared memory, and one that cannot be read: what we do not understand
 * the scanner might, and it trusts us. (Rspamd's proxy does not look into forms.)
 *
 * @throws ScanError
 */
export function checkFormSources({ headers, body }: Received): void {
  const names = namesIn(headers.get('Content-Type') ?? '', body);
  if (names.some((name) => sources.has(name.toLowerCase()))) throw new ScanError('FILE_INPUT_REFUSED');
}

function namesIn(contentType: string, body: Buffer): string[] {
  try {
    const metadata = parseMultipart(body, contentType).find(({ name }) => name === 'metadata');
    if (metadata === undefined) return [];
    const packed = metadata.contentType.includes('msgpack');
    const values: unknown = packed ? decodeMsgpack(metadata.body, 'latin1') : JSON.parse(metadata.body.toString());
    return typeof values === 'object' && values !== null ? Object.keys(values) : [];
  } catch (cause) {
    throw new ScanError('BAD_REQUEST', `the form cannot be read: ${(cause as Error).message}`, cause);
  }
}
