import { Headers } from '../../message/headers.ts';
import { formatPeer } from '../../message/peer.ts';
import type { Macros } from './macros.ts';
import type { SmtpClient } from './smtp-client.ts';
import type { Transaction } from './transaction.ts';

/** What is known of a message at its end. */
export interface Envelope {
  readonly client: SmtpClient | undefined;
  readonly helo: string;
  readonly macros: Pick<Macros, 'get'>;
  readonly transaction: Pick<Transaction, 'sender' | 'senderArguments' | 'recipients'>;
}

/**
 * The headers that describe a message to a scanner (rspamd: src/libserver/milter.c:rspamd_milter_to_http and
 * rspamd_milter_macro_http). There is no `IP` where the MTA gave no address: the address of the MTA itself would make
 * the message local mail. Bytes that no header may hold become blanks.
 *
 * @param clientCaName issuer of client certificates whose subject is taken as the user
 */
export function scanHeaders(envelope: Envelope, clientCaName: string | undefined): Headers {
  const { client, helo, macros, transaction } = envelope;
  const headers = new FieldList();
  headers.add('Hostname', hostname(client?.hostname ?? '', macros.get('{client_name}') ?? ''));
  headers.add('Helo', helo === '' ? undefined : helo);
  headers.add('From', transaction.sender);
  for (const { address } of transaction.recipients) headers.add('Rcpt', address);
  headers.add('IP', client?.address === undefined ? undefined : formatPeer(client.address));
  addMacros(headers, macros, clientCaName);
  headers.add('Flags', 'milter,body_block');
  for (const argument of transaction.senderArguments) headers.add('X-Rspamd-Mail-Esmtp-Args', argument);
  for (const [index, recipient] of transaction.recipients.entries())
    for (const argument of recipient.arguments) headers.add('X-Rspamd-Rcpt-Esmtp-Args', `${index}:${argument}`);
  return new Headers(headers.fields);
}

function addMacros(headers: FieldList, macros: Pick<Macros, 'get'>, clientCaName: string | undefined): void {
  headers.add('Queue-ID', macros.get('{i}') ?? macros.get('i'));
  headers.add('User-Agent', macros.get('{v}') ?? macros.get('v'));
  headers.add('TLS-Cipher', macros.get('{cipher}'));
  headers.add('TLS-Version', macros.get('{tls_version}'));
  headers.add('User', macros.get('{auth_authen}'));
  headers.add('Mailer', macros.get('{rcpt_mailer}'));
  const issuer = macros.get('{cert_issuer}');
  headers.add('TLS-Cert-Issuer', issuer);
  // The scanner takes the last User: a certificate of our own authority stands above a login.
  if (issuer !== undefined && issuer === clientCaName) headers.add('User', macros.get('{cert_subject}'));
  headers.add('MTA-Name', macros.get('{daemon_name}') ?? macros.get('{j}') ?? macros.get('j'));
}

/**
 * The reverse name of the client. Some MTAs put `unknown` or the address in brackets into `C` and the name into a macro
 * (rspamd issue 4543); an address in brackets is better than nothing.
 */
function hostname(connected: string, macro: string): string | undefined {
  if (isName(connected)) return connected;
  if (isName(macro)) return macro;
  return connected.startsWith('[') ? connected : undefined;
}

function isName(text: string): boolean {
  return text !== '' && text !== 'unknown' && !text.startsWith('[');
}

class FieldList {
  readonly fields: string[] = [];

  add(name: string, value: string | undefined): void {
    if (value === undefined) return;
    this.fields.push(name, forbidden.test(value) ? value.replace(everyForbidden, ' ') : value);
  }
}

/** Control bytes other than TAB (RFC 9110 section 5.5). */
const forbidden = /[\0-\x08\n-\x1f\x7f]/;
const everyForbidden = /[\0-\x08\n-\x1f\x7f]/g;
