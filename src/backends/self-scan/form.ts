import { ScanError } from '../../message/errors.ts';
import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import { decodeMsgpack } from '../../wire/msgpack/index.ts';
import { parseMultipart, writeMultipart } from '../../wire/multipart/index.ts';
import type { Zstd } from '../../wire/zstd/index.ts';
import { contentTypes } from './content-types.ts';
import type { ReplyFormat } from './job.ts';

/** A request to /checkv3 in the form of the others. */
export interface FormRequest {
  readonly headers: ReadonlyHeaders;
  readonly message: Buffer;
}

/** Keys of the metadata that are headers elsewhere (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_metadata). */
const headerOfKey: Readonly<Record<string, string>> = {
  from: 'From',
  rcpt: 'Rcpt',
  ip: 'IP',
  helo: 'Helo',
  hostname: 'Hostname',
  queue_id: 'Queue-Id',
  user: 'User',
  deliver_to: 'Deliver-To',
  settings_id: 'Settings-Id',
  log_tag: 'Log-Tag',
};

/**
 * Takes a form apart.
 * @throws ScanError where it is none, or a part is missing
 */
export function readForm(contentType: string | undefined, body: Buffer, zstd: Zstd, maxMessage: number): FormRequest {
  if (contentType === undefined) throw new ScanError('BAD_REQUEST', 'missing Content-Type header for v3 request');
  const parts = parsed(() => parseMultipart(body, contentType), 'cannot parse multipart/form-data body');
  const part = (name: string) => {
    const found = parts.find((one) => one.name === name);
    if (found === undefined) throw new ScanError('BAD_REQUEST', `missing '${name}' part in v3 request`);
    const bytes =
      found.encoding === 'zstd'
        ? parsed(() => zstd.decompress(found.body, maxMessage), `cannot decompress '${name}' part`)
        : found.body;
    return { ...found, body: bytes };
  };
  const metadata = part('metadata');
  const values = parsed(
    () =>
      metadata.contentType.includes('msgpack')
        ? decodeMsgpack(metadata.body)
        : (JSON.parse(metadata.body.toString('utf8')) as unknown),
    'cannot parse metadata of v3 request',
  );
  return { headers: headersOf(values), message: part('message').body };
}

function parsed<T>(read: () => T, failure: string): T {
  try {
    return read();
  } catch (cause) {
    throw new ScanError('BAD_REQUEST', failure, cause);
  }
}

function headersOf(values: unknown): Headers {
  const headers = new Headers();
  const add = (name: string, value: unknown): void => {
    for (const one of Array.isArray(value) ? value : [value])
      if (typeof one === 'string' || typeof one === 'number') headers.append(name, bytesOf(String(one)));
  };
  for (const [key, value] of membersOf(values)) {
    const name = headerOfKey[key];
    if (name !== undefined) add(name, value);
    else if (key === 'flags' && Array.isArray(value)) add('Flags', value.join(','));
    else if (key === 'raw' && value === true) add('Raw', 'yes');
    else if (key === 'settings') add('Settings', typeof value === 'string' ? value : JSON.stringify(value));
    else if (key === 'headers') for (const [own, given] of membersOf(value)) add(own, given);
    else if (key === 'tls') addMember(add, value, { cipher: 'TLS-Cipher', version: 'TLS-Version' });
    else if (key === 'mta') addMember(add, value, { tag: 'MTA-Tag', name: 'MTA-Name' });
  }
  return headers;
}

function addMember(
  add: (name: string, value: unknown) => void,
  value: unknown,
  names: Readonly<Record<string, string>>,
): void {
  for (const [key, member] of membersOf(value)) {
    const name = names[key];
    if (name !== undefined) add(name, member);
  }
}

function membersOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** Headers are byte strings. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** How a client of /checkv3 wants its answer. */
export interface FormAnswer {
  readonly wraps: 'form-data' | 'mixed' | undefined;
  readonly format: ReplyFormat;
  /** Its parts are compressed. */
  readonly compress: boolean;
}

/** @returns undefined where nothing of what the client accepts can be had */
export function formAnswer(headers: ReadonlyHeaders): FormAnswer | undefined {
  const accept = headers.get('Accept')?.toLowerCase() ?? '';
  const compress = headers.get('Accept-Encoding')?.toLowerCase().includes('zstd') === true;
  const has = (type: string) => accept.includes(type);
  if (accept === '' || has('multipart/form-data')) return { wraps: 'form-data', format: 'json', compress };
  if (has('message/rfc822')) return { wraps: 'mixed', format: 'json', compress };
  if (has('application/msgpack')) return { wraps: undefined, format: 'msgpack', compress: false };
  if (has('application/json') || has('*/*'))
    return { wraps: has('*/*') && !has('json') ? 'form-data' : undefined, format: 'json', compress };
  return undefined;
}

/** Puts a reply into the form that the client asked for. */
export function writeForm(
  reply: Buffer,
  { wraps, format, compress }: FormAnswer,
  zstd: Zstd,
): { readonly contentType: string; readonly body: Buffer } {
  if (wraps === undefined) return { contentType: contentTypes[format], body: reply };
  const body = compress ? zstd.compress(reply) : reply;
  const written = writeMultipart(
    [{ name: 'result', contentType: contentTypes[format], body, ...(compress && { encoding: 'zstd' as const }) }],
    wraps,
  );
  return { contentType: written.contentType, body: Buffer.concat(written.chunks) };
}
