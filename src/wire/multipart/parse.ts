import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import { trimBlanks } from '../blanks.ts';
import { MultipartError } from './errors.ts';
import { type MultipartSubtype, parseContentType, parseField } from './fields.ts';

export interface Part {
  /** `name` of Content-Disposition; always there in form-data. */
  readonly name: string | undefined;
  readonly filename: string | undefined;
  /** Without parameters, in lower case; empty where there is none. */
  readonly contentType: string;
  /** How `body` is compressed. */
  readonly encoding: 'zstd' | undefined;
  readonly headers: ReadonlyHeaders;
  /** A view of the whole body. */
  readonly body: Buffer;
}

export interface MultipartLimits {
  readonly parts: number;
  /** Bytes of the header block of one part. */
  readonly headerBytes: number;
}

/** Rspamd reads eight parts of a form (rspamd: src/libserver/multipart_form.cxx:parse_multipart_form). */
export const defaultLimits: MultipartLimits = { parts: 8, headerBytes: 8192 };

/**
 * Cuts a body into its parts, without copying them. Stricter than Rspamd's own reader, which takes nearly everything
 * (rspamd: multipart_form.cxx), so that there is no body in which it would find other parts than this one does: no
 * preamble, no bare line ends around boundaries and headers, nothing but the line end behind a boundary, every part with
 * headers, no epilogue, no name twice.
 *
 * @param contentType of the message: `multipart/form-data; boundary=…` or `multipart/mixed; …`
 * @throws MultipartError
 */
export function parseMultipart(body: Buffer, contentType: string, limits: MultipartLimits = defaultLimits): Part[] {
  const { subtype, boundary } = parseContentType(contentType);
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const parts: Part[] = [];
  if (!body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) {
    throw new MultipartError('delimiter', 'the body does not begin with the boundary');
  }
  let at = delimiter.length - 2;
  while (!isLast(body, at)) {
    if (parts.length === limits.parts) throw new MultipartError('limit', `more than ${limits.parts} parts`);
    const start = at + 2;
    const end = body.indexOf(delimiter, start);
    if (end < 0) throw new MultipartError('delimiter', 'the closing boundary is missing');
    parts.push(parsePart(body.subarray(start, end), subtype, limits));
    at = end + delimiter.length;
  }
  if (parts.length === 0) throw new MultipartError('delimiter', 'there are no parts');
  refuseRepeated(parts);
  return parts;
}

/** Whether the boundary that ends at `at` is the closing one. */
function isLast(body: Buffer, at: number): boolean {
  const next = body.toString('latin1', at, at + 2);
  if (next === '\r\n') return false;
  const rest = body.subarray(at + 2, at + 5).toString('latin1');
  if (next === '--' && (rest === '' || rest === '\r\n')) return true;
  throw new MultipartError('delimiter', 'something follows a boundary');
}

function refuseRepeated(parts: readonly Part[]): void {
  const names = parts.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (new Set(names).size < names.length) throw new MultipartError('name', 'two parts have the same one');
}

function parsePart(bytes: Buffer, subtype: MultipartSubtype, limits: MultipartLimits): Part {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new MultipartError('header', 'there is no blank line behind them');
  if (end > limits.headerBytes) throw new MultipartError('limit', `more than ${limits.headerBytes} bytes of headers`);
  const headers = new Headers(bytes.toString('latin1', 0, end).split('\r\n').flatMap(parseLine));
  const { name, filename } = disposition(headers);
  if (name === undefined && subtype === 'form-data') throw new MultipartError('name');
  return {
    name,
    filename,
    contentType: trimBlanks((single(headers, 'Content-Type') ?? '').split(';', 1)[0] ?? '').toLowerCase(),
    encoding: encodingOf(headers),
    headers,
    body: bytes.subarray(end + 4),
  };
}

const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** Names that Rspamd knows, and those it takes for them because it compares their beginning only. */
const known = /^content-(?:disposition|type|encoding|transfer-encoding)/i;

function parseLine(text: string): [name: string, value: string] {
  const [, name, value] = line.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new MultipartError('header', JSON.stringify(text.slice(0, 60)));
  const begins = known.exec(name)?.[0];
  if (begins !== undefined && begins.length < name.length) throw new MultipartError('header', name);
  return [name, trimBlanks(value)];
}

function single(headers: Headers, name: string): string | undefined {
  const [value, ...more] = headers.getAll(name);
  if (more.length > 0) throw new MultipartError('header', `${name} is there twice`);
  return value;
}

function disposition(headers: Headers): { name: string | undefined; filename: string | undefined } {
  const text = single(headers, 'Content-Disposition');
  if (text === undefined) return { name: undefined, filename: undefined };
  const field = parseField(text);
  if (field === undefined) throw new MultipartError('header', 'Content-Disposition');
  for (const [parameter, value] of field.parameters) {
    // Rspamd looks for `name=` in all of the text, quoted values included.
    if (/(?:^|[; \t])(?:file)?name[ \t]*=/.test(value))
      throw new MultipartError('header', `${parameter} is misleading`);
  }
  const name = field.parameters.get('name');
  if (name === '') throw new MultipartError('name');
  return { name, filename: field.parameters.get('filename') };
}

/** Rspamd takes the later one of the two headers, whichever it is. */
function encodingOf(headers: Headers): 'zstd' | undefined {
  const transfer = single(headers, 'Content-Transfer-Encoding')?.toLowerCase();
  const content = single(headers, 'Content-Encoding')?.toLowerCase();
  if (transfer !== undefined && (content !== undefined || !/^(?:binary|8bit|7bit)$/.test(transfer))) {
    throw new MultipartError('encoding', `Content-Transfer-Encoding ${transfer}`);
  }
  if (content === undefined || content === 'identity') return undefined;
  if (content !== 'zstd') throw new MultipartError('encoding', content);
  return 'zstd';
}
