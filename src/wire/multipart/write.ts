import { randomBytes } from 'node:crypto';
import { MultipartError } from './errors.ts';
import { isBoundary, type MultipartSubtype } from './fields.ts';

export interface PartToWrite {
  readonly name: string;
  readonly contentType?: string;
  /** `zstd` where `body` is compressed. */
  readonly encoding?: 'zstd' | undefined;
  readonly body: Buffer;
}

export interface WrittenMultipart {
  /** Value of the message's Content-Type. */
  readonly contentType: string;
  /** The body in pieces; those of the parts are what was given. */
  readonly chunks: readonly Buffer[];
  readonly length: number;
}

/**
 * Writes parts in the form of Rspamd's own (rspamd: src/libserver/multipart_response.cxx:multipart_response::prepare_iov).
 *
 * @param boundary a random one unless given; the bodies are not searched for it
 * @throws MultipartError `delimiter` without parts; `boundary`, `name` or `header` where they are not fit to be written
 */
export function writeMultipart(
  parts: readonly PartToWrite[],
  subtype: MultipartSubtype,
  boundary: string = `rspamd-proxy-${randomBytes(16).toString('hex')}`,
): WrittenMultipart {
  if (parts.length === 0) throw new MultipartError('delimiter', 'there are no parts');
  if (!isBoundary(boundary)) throw new MultipartError('boundary');
  const chunks = parts.flatMap((part, index) => [
    Buffer.from(`${index === 0 ? '' : '\r\n'}--${boundary}\r\n${partHead(part)}\r\n`, 'latin1'),
    part.body,
  ]);
  chunks.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { contentType: `multipart/${subtype}; boundary="${boundary}"`, chunks, length };
}

function partHead({ name, contentType, encoding }: PartToWrite): string {
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]+$/.test(name)) throw new MultipartError('name', JSON.stringify(name));
  let head = `Content-Disposition: form-data; name="${name}"\r\n`;
  if (contentType !== undefined) {
    if (!/^[\x20-\x7e]+$/.test(contentType)) throw new MultipartError('header', JSON.stringify(contentType));
    head += `Content-Type: ${contentType}\r\n`;
  }
  return encoding === undefined ? head : `${head}Content-Encoding: ${encoding}\r\n`;
}
