import { type BoundaryLine, findBoundaryLines, maxBoundaryLines } from './boundaries.ts';
import { type ByteString, has8Bit, lowerAscii, trimSet } from './bytes.ts';
import { parseContentDisposition } from './content-disposition.ts';
import { type ContentType, missingContentType, parseContentType } from './content-type.ts';
import { findEndOfHeaders } from './end-of-headers.ts';
import { HeaderList } from './header.ts';
import { type HeaderBlock, type LineEnd, maxHeaders, parseHeaderBlock } from './header-block.ts';
import { detectType } from './magic/detect.ts';
import { Content, MimePart, type TransferEncoding } from './part.ts';
import { signedContent } from './smime.ts';
import { decodeBase64Body, decodeQuotedPrintable, decodeUu } from './transfer.ts';
import { isValidUtf8, toText } from './utf8.ts';

/** Levels and parts that one message may have (rspamd: src/libmime/mime_parser.c). */
const maxNesting = 64;
const maxParts = 10_000;

/** A message cut into its parts. */
export interface MimeTree {
  readonly headers: HeaderList;
  /** The header block as it stands; empty where there is none. */
  readonly rawHeaders: ByteString;
  /** Offset of the body. */
  readonly bodyOffset: number;
  readonly lineEnd: LineEnd;
  /** All parts, a container before what it holds. */
  readonly parts: readonly MimePart[];
  /** A header block, the nesting or the number of something is not as it should be. */
  readonly broken: boolean;
}

/**
 * Cuts a message into its parts, as the original does to the last oddity (rspamd: src/libmime/mime_parser.c). Never
 * throws: what lies beyond a limit is left out.
 */
export function parseMimeTree(text: ByteString): MimeTree {
  return new TreeParser(text).parse();
}

/** Why a branch was left: there is no part here, or a limit was met. */
type Outcome = 'ok' | 'no part' | 'limit';

/** One text with boundaries of its own: the message, or a message inside of it. */
interface Scope {
  readonly text: ByteString;
  boundaries: BoundaryLine[];
  nesting: number;
  /** How many containers are open. */
  open: number;
  /** Where the last part began. */
  at: number;
}

const noHeaders = new HeaderList([]);

class TreeParser {
  readonly #text: ByteString;
  readonly #parts: MimePart[] = [];
  #headers: HeaderList = noHeaders;
  #rawHeaders = '';
  #bodyOffset = 0;
  #lineEnd: LineEnd = 'cr';
  #broken = false;
  #headerCount = 0;
  #boundaryCount = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  parse(): MimeTree {
    const scope: Scope = { text: this.#text, boundaries: [], nesting: 0, open: 0, at: 0 };
    if (this.#message(undefined, scope) === 'limit') this.#broken = true;
    // Messages were read by what they are declared to be; their content is looked at all the same.
    for (const part of this.#parts)
      if (part.kind === 'message' && part.content.length > 0) part.detected ??= detectPart(part);
    return {
      headers: this.#headers,
      rawHeaders: this.#rawHeaders,
      bodyOffset: this.#bodyOffset,
      lineEnd: this.#lineEnd,
      parts: this.#parts,
      broken: this.#broken,
    };
  }

  #readHeaders(block: ByteString, top: boolean): HeaderBlock {
    const read = parseHeaderBlock(block, top, maxHeaders - this.#headerCount);
    this.#headerCount += read.headers.length;
    if (read.truncated || (top && read.broken)) this.#broken = true;
    return read;
  }

  /**
   * @param container the part that holds the message; undefined for the whole
   * @param outer the scope of the container, for the whole its own
   */
  #message(container: MimePart | undefined, outer: Scope): Outcome {
    if (outer.nesting > maxNesting) return 'limit';
    let scope = outer;
    if (container !== undefined) {
      scope = { text: container.content.text, boundaries: [], nesting: outer.nesting, open: 0, at: 0 };
      outer.nesting++;
    }
    const part = container === undefined ? this.#top() : this.#embedded(container);
    const { type } = part;
    const body = scope.text.length - part.raw.length;
    if (type.isMultipart || type.isMessage) this.#collectBoundaries(scope, body);
    const outcome = this.#messageBody(part, scope, body);
    if (outcome !== 'ok') return outcome;
    if (container !== undefined && outer.open > 0) {
      outer.open--;
      outer.nesting--;
    }
    return this.#leftovers(scope, outer.text.length);
  }

  #messageBody(part: MimePart, scope: Scope, body: number): Outcome {
    if (part.type.isMultipart) {
      scope.open++;
      scope.nesting++;
      return this.#multipart(part, scope, body);
    }
    if (!part.type.isMessage) return this.#leaf(part, scope);
    scope.open++;
    scope.nesting++;
    const outcome = this.#decode(part, scope);
    if (outcome !== 'ok') return outcome;
    part.kind = 'message';
    return this.#message(part, scope);
  }

  #top(): MimePart {
    const text = this.#text;
    const end = findEndOfHeaders(text);
    let body = end?.body ?? 0;
    if (end !== undefined && end.headers > 0) {
      this.#rawHeaders = text.slice(0, end.headers);
    } else if (looksLikeHeaders(text)) {
      this.#rawHeaders = text;
      body = text.length;
      this.#broken = true;
    } else {
      body = 0;
    }
    if (this.#rawHeaders !== '') {
      const block = this.#readHeaders(this.#rawHeaders, true);
      this.#headers = new HeaderList(block.headers);
      this.#lineEnd = block.lineEnd;
    }
    this.#bodyOffset = body;
    const type = selectType(this.#headers) ?? missingContentType(true);
    return new MimePart(undefined, this.#headers, '', text.slice(body), type);
  }

  #embedded(container: MimePart): MimePart {
    const { text } = container.content;
    const end = findEndOfHeaders(text);
    const found = end !== undefined && end.headers > 0 && end.headers < text.length;
    const rawHeaders = found ? text.slice(0, end.headers) : '';
    const headers = found ? new HeaderList(this.#readHeaders(rawHeaders, false).headers) : noHeaders;
    const type = selectType(headers) ?? missingContentType(true);
    return new MimePart(container, headers, rawHeaders, text.slice(found ? end.body : 0), type);
  }

  #collectBoundaries(scope: Scope, body: number): void {
    // One byte before the body may be the line end in front of the first boundary.
    const [lines, full] = findBoundaryLines(scope.text, Math.max(0, body - 1), maxBoundaryLines - this.#boundaryCount);
    scope.boundaries = lines;
    this.#boundaryCount += lines.length;
    if (full) this.#broken = true;
  }

  /** Boundaries that no container took: the parts behind them are read all the same. */
  #leftovers(scope: Scope, outerLength: number): Outcome {
    const { boundaries } = scope;
    const from = scope.at;
    for (let i = 0; i < boundaries.length; i++) {
      const line = boundaries[i] as BoundaryLine;
      if (line.start <= from || line.offset >= outerLength || line.closes) continue;
      const end = boundaries[i + 1]?.offset ?? scope.text.length;
      if (end <= line.start) continue;
      const outcome = this.#node(undefined, scope, line.start, end, false);
      if (outcome !== 'ok') return outcome === 'no part' ? 'ok' : outcome;
    }
    return 'ok';
  }

  /** What stands between two boundaries. */
  #node(parent: MimePart | undefined, scope: Scope, start: number, end: number, finished: boolean): Outcome {
    if (start >= end) return 'no part';
    const { text } = scope;
    const first = text.charCodeAt(start);
    const bare = first === 0x0a || first === 0x0d;
    if (bare && !finished && !/[A-Za-z0-9]/.test(text.slice(start, end))) return 'no part';
    const chunk = text.slice(start, end);
    const found = bare ? undefined : findEndOfHeaders(chunk);
    const hasHeaders = found !== undefined && found.headers > 0;
    const rawHeaders = hasHeaders ? chunk.slice(0, found.headers) : '';
    const headers = hasHeaders ? new HeaderList(this.#readHeaders(rawHeaders, false).headers) : noHeaders;
    const type = selectType(headers) ?? missingContentType(false);
    const body = start + (hasHeaders ? found.body : 0);
    const part = new MimePart(parent, headers, rawHeaders, text.slice(body, end), type);
    parent?.children.push(part);
    if (type.isMultipart) {
      scope.nesting++;
      scope.open++;
      return this.#multipart(part, scope, body);
    }
    if (!type.isMessage) return this.#leaf(part, scope);
    scope.nesting++;
    scope.open++;
    part.kind = 'message';
    const outcome = this.#decode(part, scope);
    return outcome === 'ok' ? this.#message(part, scope) : outcome;
  }

  #leaf(part: MimePart, scope: Scope): Outcome {
    const outcome = this.#decode(part, scope);
    return outcome === 'ok' ? this.#detect(part, scope) : outcome;
  }

  #add(part: MimePart): boolean {
    if (this.#parts.length >= maxParts) return false;
    part.id = this.#parts.length;
    this.#parts.push(part);
    return true;
  }

  /** @param body where the part's body begins in its scope */
  #multipart(part: MimePart, scope: Scope, body: number): Outcome {
    part.kind = 'multipart';
    if (scope.nesting > maxNesting || !this.#add(part)) return 'limit';
    scope.nesting++;
    setEncoding(part);
    scope.at = body;
    const outcome = this.#children(part, scope, body, body + part.raw.length);
    scope.nesting--;
    if (scope.open > 0) scope.open--;
    return outcome;
  }

  #children(part: MimePart, scope: Scope, from: number, to: number): Outcome {
    const { boundaries } = scope;
    let own: ByteString | undefined = part.type.boundary === '' ? undefined : lowerAscii(part.type.boundary);
    const first = firstFrom(boundaries, from);
    let at = boundaries.length;
    for (let i = first; i < boundaries.length && at === boundaries.length; i++) {
      const line = boundaries[i] as BoundaryLine;
      own ??= line.text;
      if (own === line.text || reopens(line, own)) at = i;
    }
    let partStart = -1;
    const cut = (end: number, next: number): Outcome => {
      if (partStart < 0) {
        partStart = next;
        scope.at = next;
      } else if (partStart < end && own !== undefined) {
        const outcome = this.#node(part, scope, partStart, end, true);
        if (outcome !== 'ok') return outcome;
        if (next > 0) {
          partStart = next;
          scope.at = next;
        }
      }
      return 'ok';
    };
    let unclosed = false;
    for (; at < boundaries.length; at++) {
      const line = boundaries[at] as BoundaryLine;
      if (line.offset > to) {
        // The part ends before its boundary comes: it is closed here, as mail programs do.
        this.#broken = true;
        unclosed = true;
        break;
      }
      if (own === undefined || (line.text !== own && line.closedText !== own)) continue;
      const outcome = cut(line.offset, line.start);
      if (outcome !== 'ok') return outcome;
      reopens(line, own);
      if (!line.closes) continue;
      const next = boundaries[at + 1];
      if (next === undefined || (next.text !== own && !reopens(next, own))) break;
    }
    return unclosed || (at === boundaries.length && own !== undefined) ? cut(to, -1) : 'ok';
  }

  /** Takes the encoding off and gives the part its place in the list. */
  #decode(part: MimePart, scope: Scope): Outcome {
    if (this.#parts.length >= maxParts) return 'limit';
    setEncoding(part);
    setDisposition(part);
    if (part.encoding === 'base64') {
      part.content = new Content(decodeBase64Body(part.raw));
    } else if (part.encoding === 'quoted-printable') {
      part.content = new Content(decodeQuotedPrintable(part.raw));
    } else {
      const decoded = part.encoding === 'X-uuencode' ? decodeUu(part.raw) : undefined;
      part.content = new Content(decoded ?? part.raw);
      if (part.encoding === 'X-uuencode' && decoded === undefined) {
        // Only as much is kept as had been made room for.
        part.content = new Content(part.raw.slice(0, Math.max(16, Math.floor(part.raw.length / 4) * 3 + 12)));
        part.type = { ...part.type, broken: true };
        part.encoding = '8bit';
      } else if (
        part.type.missing &&
        part.encoding !== 'X-uuencode' &&
        part.encoding !== '7bit' &&
        isLongUtf8(part.raw)
      ) {
        // What was meant for bytes that are no UTF-8 befalls those that are: the original's test is the wrong way round.
        part.type = { ...part.type, isText: false, broken: true };
      }
    }
    this.#add(part);
    return part.type.isSmime ? this.#signed(part, scope) : 'ok';
  }

  #signed(part: MimePart, scope: Scope): Outcome {
    const inner = signedContent(part.content.bytes);
    if (inner === undefined) return 'ok';
    if (scope.nesting > maxNesting) return 'limit';
    scope.nesting++;
    const own: Scope = { ...scope, text: inner.toString('latin1'), boundaries: [], at: 0 };
    const outcome = this.#node(undefined, own, 0, inner.length, true);
    scope.nesting = own.nesting - 1;
    return outcome;
  }

  #detect(part: MimePart, scope: Scope): Outcome {
    part.detected = detectPart(part);
    if (part.detected?.type !== 'message') return 'ok';
    scope.nesting++;
    scope.open++;
    part.kind = 'message';
    return this.#message(part, scope);
  }
}

/** The type of a part's content, or what its declared type makes of it. */
function detectPart(part: MimePart) {
  const { parent, type } = part;
  return detectType({
    content: part.content.text,
    bytes: () => part.content.bytes,
    type: type.type,
    subtype: type.subtype,
    filename: part.filename === '' ? undefined : toText(part.filename),
    encrypted: parent?.type.type === 'multipart' && parent.type.subtype === 'encrypted',
  });
}

/** UTF-8 with characters beyond ASCII. */
function isLongUtf8(raw: ByteString): boolean {
  return has8Bit(raw) && isValidUtf8(raw);
}

/** A closing line is an ordinary one where the boundary itself ends with two dashes. */
function reopens(line: BoundaryLine, boundary: ByteString): boolean {
  if (line.closedText !== boundary) return false;
  line.closes = false;
  line.text = boundary;
  return true;
}

function firstFrom(boundaries: readonly BoundaryLine[], offset: number): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boundaries[middle] as BoundaryLine).start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Text without an empty line that begins like a field (rspamd: rspamd_mime_parser_headers_heuristic). */
function looksLikeHeaders(text: ByteString): boolean {
  return /^[!-9;-~]*:[ \t\r\n\f]*[^ \t\r\n\f]/.test(text.slice(0, 76));
}

/** The first field that can be read; a multipart one goes before it, the last of them. */
function selectType(headers: HeaderList): ContentType | undefined {
  let selected: ContentType | undefined;
  for (const header of headers.getAll('content-type')) {
    const type = parseContentType(header.value);
    if (type !== undefined && (selected === undefined || type.isMultipart)) selected = type;
  }
  return selected;
}

const encodings = new Map<string, TransferEncoding>([
  ['7bit', '7bit'],
  ['8bit', '8bit'],
  ['binary', '8bit'],
  ['quoted-printable', 'quoted-printable'],
  ['base64', 'base64'],
  ['base-64', 'base64'],
  ['uuencode', 'X-uuencode'],
  ['x-uuencode', 'X-uuencode'],
  ['x-uue', 'X-uuencode'],
]);

/** From the first field that names a known one; without any field the container's (rspamd: rspamd_mime_part_get_cte). */
function setEncoding(part: MimePart): void {
  const fields = part.headers.getAll('content-transfer-encoding');
  if (fields.length === 0) {
    const { parent } = part;
    if (parent !== undefined && parent.encoding !== 'unknown' && !parent.encodingMissing)
      part.encoding = parent.encoding;
    else part.encodingMissing = true;
    return;
  }
  for (const { value } of fields) {
    const encoding = encodings.get(trimSet(lowerAscii(value.slice(0, 127)), " \t;,.+-#!`~'"));
    if (encoding === undefined) continue;
    part.encoding = encoding;
    return;
  }
}

/** A file name in the type alone makes an attachment, too (rspamd: rspamd_mime_part_get_cd). */
function setDisposition(part: MimePart): void {
  const { params } = part.type;
  const typeName = params.get('name') ?? params.get('filename');
  for (const { value } of part.headers.getAll('content-disposition')) {
    part.disposition = parseContentDisposition(value);
    if (part.disposition === undefined) continue;
    if (part.disposition.filename === '' && typeName !== undefined)
      part.disposition = { ...part.disposition, type: 'attachment', filename: typeName };
    return;
  }
  const type = typeName === undefined ? 'inline' : 'attachment';
  part.disposition = { type, filename: typeName ?? '', params: new Map() };
}
