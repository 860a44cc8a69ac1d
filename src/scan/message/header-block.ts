/** One header field of the message, as it stands and as it reads. */
export interface MessageHeader {
  /** Spelling of the message. */
  readonly name: string;
  /** Everything after the colon, folds and all, less the line end; a byte string. */
  readonly raw: string;
}

export interface ParsedHeaders {
  readonly headers: readonly MessageHeader[];
  /** Offset of the first body byte; the length of the message where there is no blank line. */
  readonly bodyOffset: number;
  /** The block ended in a way that no mailer means: a line without a colon, a NUL. */
  readonly broken: boolean;
}

const mboxLine = /^From [^\n]*\n/;

/**
 * Splits the header block off (RFC 5322, 2.2; line ends CRLF, LF or CR). Leading blank lines and one mbox `From ` line
 * are passed over (rspamd: src/libmime/message.c:rspamd_message_parse). Never throws: what cannot be read ends the block.
 */
export function parseHeaderBlock(message: Buffer): ParsedHeaders {
  const start = skipLeading(message);
  const headers: MessageHeader[] = [];
  let broken = false;
  let at = start;
  while (at < message.length) {
    const end = lineEnd(message, at);
    if (end.content === at) return { headers, bodyOffset: end.next, broken };
    const field = foldedField(message, at, end);
    const parsed = parseField(message.toString('latin1', at, field.content));
    if (parsed === undefined) {
      // A line that is no header ends the block: it and the rest are body.
      return { headers, bodyOffset: at, broken: true };
    }
    if (parsed.raw.includes('\0')) broken = true;
    headers.push(parsed);
    at = field.next;
  }
  return { headers, bodyOffset: message.length, broken };
}

interface Line {
  /** Offset behind the last byte of content. */
  readonly content: number;
  /** Offset of the next line. */
  readonly next: number;
}

function lineEnd(bytes: Buffer, from: number): Line {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x0a) return { content: at, next: at + 1 };
    if (byte === 0x0d) return { content: at, next: bytes[at + 1] === 0x0a ? at + 2 : at + 1 };
  }
  return { content: bytes.length, next: bytes.length };
}

function foldedField(bytes: Buffer, from: number, first: Line): Line {
  let line = first;
  while (bytes[line.next] === 0x20 || bytes[line.next] === 0x09) {
    const more = lineEnd(bytes, line.next);
    // A line of blanks only is the blank line that some mailers mean to be empty.
    if (bytes.toString('latin1', line.next, more.content).trim() === '' && line.next !== from) break;
    line = more;
  }
  return line;
}

function parseField(text: string): MessageHeader | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  const name = text.slice(0, colon).trimEnd();
  return /^[!-9;-~]+$/.test(name) ? { name, raw: text.slice(colon + 1) } : undefined;
}

function skipLeading(message: Buffer): number {
  let at = 0;
  while (
    at < message.length &&
    (message[at] === 0x20 || message[at] === 0x09 || message[at] === 0x0a || message[at] === 0x0d)
  )
    at++;
  const mbox = mboxLine.exec(message.toString('latin1', at, Math.min(message.length, at + 1000)));
  return mbox === null ? at : at + mbox[0].length;
}
