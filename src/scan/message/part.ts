import type { Archive } from './archive/index.ts';
import { type ByteString, bytesOf } from './bytes.ts';
import type { ContentDisposition } from './content-disposition.ts';
import type { ContentType } from './content-type.ts';
import type { HeaderList } from './header.ts';
import type { ImageSize } from './image.ts';
import type { DetectedType } from './magic/types.ts';

/** `unknown` is decoded as it stands. */
export type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64' | 'X-uuencode' | 'unknown';

/** Bytes in whichever of two forms they came, the other made when asked for. */
export class Content {
  #bytes: Buffer | undefined;
  #text: ByteString | undefined;
  readonly length: number;

  constructor(given: Buffer | ByteString) {
    if (typeof given === 'string') this.#text = given;
    else this.#bytes = given;
    this.length = given.length;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.#text as ByteString, 'latin1');
    return this.#bytes;
  }

  get text(): ByteString {
    this.#text ??= bytesOf(this.#bytes as Buffer);
    return this.#text;
  }
}

/** What a part turned out to be. `custom`: a calendar, an address card, a PDF file. */
export type PartKind = 'multipart' | 'message' | 'text' | 'image' | 'archive' | 'custom' | 'other';

/** One part of the MIME tree. */
export class MimePart {
  /** Position among all parts of the message, a container before its children. */
  id = -1;
  readonly parent: MimePart | undefined;
  /** Of a multipart. */
  readonly children: MimePart[] = [];
  readonly headers: HeaderList;
  /** The header block as it stands; empty for the top of the message, whose block the message has. */
  readonly rawHeaders: ByteString;
  /** The body as it stands. */
  readonly raw: ByteString;
  type: ContentType;
  disposition: ContentDisposition | undefined;
  encoding: TransferEncoding = 'unknown';
  /** There is no Content-Transfer-Encoding, and none to take over from the container. */
  encodingMissing = false;
  /** The body without its encoding; nothing for a multipart. */
  content: Content = nothing;
  kind: PartKind = 'other';
  detected: DetectedType | undefined;
  /** Where its content is an image that can be measured. */
  image: ImageSize | undefined;
  /** What it holds, where its content is an archive. */
  archive: Archive | undefined;

  constructor(
    parent: MimePart | undefined,
    headers: HeaderList,
    rawHeaders: ByteString,
    raw: ByteString,
    type: ContentType,
  ) {
    this.parent = parent;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.raw = raw;
    this.type = type;
  }

  /** As the disposition or the type names it, UTF-8; empty where neither does. */
  get filename(): ByteString {
    return this.disposition?.filename ?? '';
  }

  /** Its disposition says that it is a file. */
  get hasAttachmentDisposition(): boolean {
    return this.disposition?.type === 'attachment';
  }

  /** It is a file, whether its disposition says so or only names one (rspamd: src/lua/lua_mimepart.c:lua_mimepart_is_attachment). */
  get isAttachment(): boolean {
    if (this.hasAttachmentDisposition) return true;
    return this.filename !== '' && this.image === undefined && !this.headers.has('content-id');
  }
}

const nothing = new Content('');
