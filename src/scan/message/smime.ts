/** One element of BER: where its content is. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
  /** Offset behind the element, its end mark included. */
  readonly next: number;
}

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
const EXPLICIT_0 = 0xa0;
/** 1.2.840.113549.1.7.1 and .2 (RFC 5652). */
const data = '2a864886f70d010701';
const signedData = '2a864886f70d010702';

/**
 * What an opaque S/MIME signature wraps (RFC 5652, 5; no signature is checked).
 * @returns undefined where the file holds no signed data
 */
export function signedContent(file: Buffer): Buffer | undefined {
  const info = child(file, { tag: 0, start: 0, end: file.length, next: file.length }, SEQUENCE);
  const wrapped = info === undefined ? undefined : wrappedIn(file, info, signedData);
  const signed = wrapped === undefined ? undefined : child(file, wrapped, SEQUENCE);
  if (signed === undefined) return undefined;
  // version, digestAlgorithms, encapContentInfo
  const version = element(file, signed.start, signed.end);
  const digests = version === undefined ? undefined : element(file, version.next, signed.end);
  const content = digests === undefined ? undefined : element(file, digests.next, signed.end);
  const inner = content?.tag === SEQUENCE ? wrappedIn(file, content, data) : undefined;
  const octets = inner === undefined ? undefined : element(file, inner.start, inner.end);
  const bytes = octets === undefined ? undefined : octetsOf(file, octets);
  return bytes !== undefined && bytes.length > 0 ? bytes : undefined;
}

/** The explicit element behind an object identifier. */
function wrappedIn(file: Buffer, sequence: Element, identifier: string): Element | undefined {
  const name = element(file, sequence.start, sequence.end);
  if (name?.tag !== OBJECT_IDENTIFIER || file.toString('hex', name.start, name.end) !== identifier) return undefined;
  const wrapped = element(file, name.next, sequence.end);
  return wrapped?.tag === EXPLICIT_0 ? wrapped : undefined;
}

function child(file: Buffer, parent: Element, tag: number): Element | undefined {
  const found = element(file, parent.start, parent.end);
  return found?.tag === tag ? found : undefined;
}

function octetsOf(file: Buffer, octets: Element): Buffer | undefined {
  if (octets.tag === OCTET_STRING) return file.subarray(octets.start, octets.end);
  if (octets.tag !== (OCTET_STRING | 0x20)) return undefined;
  const pieces: Buffer[] = [];
  for (let at = octets.start; at < octets.end; ) {
    const piece = element(file, at, octets.end);
    if (piece?.tag !== OCTET_STRING) return undefined;
    pieces.push(file.subarray(piece.start, piece.end));
    at = piece.next;
  }
  return Buffer.concat(pieces);
}

/** Reads tag and length at an offset; lengths may be left open to an end mark. */
function element(file: Buffer, at: number, limit: number): Element | undefined {
  const tag = file[at];
  const first = file[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit || (tag & 0x1f) === 0x1f) return undefined;
  if (first === 0x80) return openElement(file, tag, at + 2, limit);
  let start = at + 2;
  let length = first;
  if (first > 0x80) {
    const size = first & 0x7f;
    if (size > 6 || start + size > limit) return undefined;
    length = file.readUIntBE(start, size);
    start += size;
  }
  return start + length <= limit ? { tag, start, end: start + length, next: start + length } : undefined;
}

/** An element of open length ends at the mark that closes as many elements as were opened. */
function openElement(file: Buffer, tag: number, start: number, limit: number): Element | undefined {
  let open = 1;
  let at = start;
  while (at + 2 <= limit) {
    const [inner = 0, first = 0] = [file[at], file[at + 1]];
    if (inner === 0 && first === 0) {
      at += 2;
      if (--open === 0) return { tag, start, end: at - 2, next: at };
    } else if (first === 0x80) {
      open++;
      at += 2;
    } else {
      const whole = element(file, at, limit);
      if (whole === undefined) return undefined;
      at = whole.next;
    }
  }
  return undefined;
}
