import type { ReadonlyHeaders } from '../message/headers.ts';
import { type ByteString, type EmailAddress, parseEnvelopeAddress, parseInetAddress } from './message/index.ts';

/** What a request may ask for in `Flags` (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_flag). */
export type RequestFlag =
  | 'pass_all'
  | 'no_log'
  | 'no_stat'
  | 'skip'
  | 'skip_process'
  | 'ssl'
  | 'profile'
  | 'milter'
  | 'zstd'
  | 'ext_urls'
  | 'body_block'
  | 'groups';

/** What is known of a message beside its bytes. Undefined where the request does not tell. */
export interface Envelope {
  /** MAIL FROM; an address with empty fields for `<>`, undefined where there is none that can be read. */
  readonly from: EmailAddress | undefined;
  readonly recipients: readonly EmailAddress[];
  /** A sender or recipient that is no address. */
  readonly broken: boolean;
  /** The client's address, canonical. */
  readonly ip: string | undefined;
  readonly helo: ByteString | undefined;
  /** Name of the client; undefined also for an address in brackets, which stands for no name (libmilter: xxfi_connect). */
  readonly hostname: ByteString | undefined;
  /** Name under which the client authenticated. */
  readonly user: ByteString | undefined;
  readonly deliverTo: ByteString | undefined;
  readonly queueId: ByteString;
  readonly mtaName: ByteString | undefined;
  readonly mtaTag: ByteString | undefined;
  readonly mailer: ByteString | undefined;
  readonly tlsCipher: ByteString | undefined;
  readonly tlsVersion: ByteString | undefined;
  readonly flags: ReadonlySet<RequestFlag>;
}

const requestFlags: ReadonlySet<string> = new Set<RequestFlag>([
  'pass_all',
  'no_log',
  'no_stat',
  'skip',
  'skip_process',
  'ssl',
  'profile',
  'milter',
  'zstd',
  'ext_urls',
  'body_block',
  'groups',
]);

export function isRequestFlag(name: string): name is RequestFlag {
  return requestFlags.has(name);
}

/** Recipients that are taken (rspamd: option max_recipients). */
const maxRecipients = 1024;

/** Reads the headers of a request (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_headers). */
export function readEnvelope(headers: ReadonlyHeaders): Envelope {
  const text = (name: string): ByteString | undefined => headers.get(name) || undefined;
  const sender = headers.get('From');
  const from = sender === undefined ? undefined : parseEnvelopeAddress(sender === '' ? '<>' : sender);
  const given = headers.getAll('Rcpt').flatMap(splitPaths).slice(0, maxRecipients);
  const recipients = given.map(parseEnvelopeAddress).filter((address) => address !== undefined);
  const hostname = text('Hostname');
  return {
    from,
    recipients,
    broken: (sender !== undefined && from === undefined) || recipients.length < given.length,
    ip: ipOf(headers.get('IP')),
    helo: text('Helo'),
    hostname: hostname?.startsWith('[') ? undefined : hostname,
    user: text('User'),
    deliverTo: text('Deliver-To'),
    queueId: text('Queue-Id') ?? 'undef',
    mtaName: text('MTA-Name'),
    mtaTag: text('MTA-Tag'),
    mailer: text('Mailer'),
    tlsCipher: text('TLS-Cipher'),
    tlsVersion: text('TLS-Version'),
    flags: readFlags(headers),
  };
}

/** One field may name several recipients, with commas between them that stand in no quotes. */
function splitPaths(value: ByteString): ByteString[] {
  const paths = value.match(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/gs) ?? [];
  return paths.map((path) => path.trim()).filter((path) => path !== '');
}

function ipOf(text: ByteString | undefined): string | undefined {
  return text === undefined ? undefined : parseInetAddress(text.trim())?.text;
}

function readFlags(headers: ReadonlyHeaders): Set<RequestFlag> {
  const flags = new Set<RequestFlag>();
  const words = (headers.get('Flags') ?? '').split(',').map((word) => word.trim().toLowerCase());
  for (const word of words) if (isRequestFlag(word)) flags.add(word);
  if (headers.get('Pass')?.toLowerCase() === 'all') flags.add('pass_all');
  if (headers.get('URLs')?.toLowerCase() === 'extended') flags.add('ext_urls');
  if (headers.has('TLS-Cipher')) flags.add('ssl');
  return flags;
}
