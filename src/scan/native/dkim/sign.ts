import { createHash, type KeyObject, sign } from 'node:crypto';
import type { ByteString, Message } from '../../message/index.ts';
import { canonicalBody, canonicalField } from './canonical.ts';

/**
 * Fields that are signed, as Rspamd writes them: `(o)` with one more than there are, so that none can be added, `(x)` the
 * same where there is one at all (rspamd: src/plugins/dkim_check.c, default_sign_headers).
 */
export const usualSignedFields =
  '(o)from:(x)sender:(o)reply-to:(o)subject:(x)date:(x)message-id:(o)to:(o)cc:(x)mime-version:(x)content-type:' +
  '(x)content-transfer-encoding:resent-to:resent-cc:resent-from:resent-sender:resent-message-id:(x)in-reply-to:' +
  '(x)references:list-id:list-help:list-owner:list-unsubscribe:list-unsubscribe-post:list-subscribe:list-post:' +
  '(x)openpgp:(x)autocrypt';

export interface SignWish {
  readonly key: KeyObject;
  readonly domain: ByteString;
  readonly selector: ByteString;
  /** In the form of {@link usualSignedFields}. */
  readonly fields: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Position in a chain, for ARC; undefined for DKIM. */
  readonly instance: number | undefined;
  /** Of the folds of the value. */
  readonly lineEnd: '\n' | '\r\n';
}

/** Characters of a line of the value. */
const lineLength = 72;

/**
 * Signs a message, relaxed/relaxed (RFC 6376, 5; rspamd: src/libserver/dkim.c:rspamd_dkim_sign).
 * @returns the value of the field
 */
export function signMessage(message: Message, wish: SignWish): ByteString {
  const { domain, selector, now, instance } = wish;
  const { names, text } = fieldsToSign(message, wish.fields);
  const { text: body, open } = canonicalBody(message.body, 'relaxed');
  const bodyHash = createHash('sha256')
    .update(body, 'latin1')
    .update(open ? '\r\n' : '')
    .digest('base64');
  const tags = [
    instance === undefined ? 'v=1' : `i=${instance}`,
    `a=${algorithmOf(wish.key)}`,
    'c=relaxed/relaxed',
    `d=${domain}`,
    `s=${selector}`,
    `t=${now}`,
    `h=${names.join(':')}`,
    `bh=${bodyHash}`,
  ];
  const name = instance === undefined ? 'DKIM-Signature' : 'ARC-Message-Signature';
  const unsigned = foldTags([...tags, 'b='], wish.lineEnd);
  const own = canonicalField(`${name}: ${unsigned}`, 'relaxed');
  return `${unsigned}${foldBase64(signText(wish.key, text + own), wish.lineEnd)}`;
}

export function algorithmOf(key: KeyObject): 'rsa-sha256' | 'ed25519-sha256' {
  return key.asymmetricKeyType === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256';
}

/** @returns base 64 */
export function signText(key: KeyObject, text: ByteString): string {
  const data = Buffer.from(text, 'latin1');
  const isEd = key.asymmetricKeyType === 'ed25519';
  const value = isEd ? sign(null, createHash('sha256').update(data).digest(), key) : sign('sha256', data, key);
  return value.toString('base64');
}

/** Names for `h=`, and the fields as they are signed: of each name the last one first. */
function fieldsToSign({ headers }: Message, list: string): { names: readonly string[]; text: ByteString } {
  const names: string[] = [];
  let text = '';
  for (const item of list.split(':')) {
    const [, mark, name = ''] = /^\s*(?:\((o|x)\))?(.*?)\s*$/i.exec(item) ?? [];
    if (name === '') continue;
    const present = headers.getAll(name).toReversed();
    const signed = mark === undefined ? present.slice(0, 1) : present;
    for (const field of signed) text += `${canonicalField(field.raw, 'relaxed')}\r\n`;
    const more = mark === 'o' || (mark === 'x' && present.length > 0) ? 1 : 0;
    names.push(...new Array<string>(signed.length + more).fill(name.toLowerCase()));
  }
  return { names, text };
}

/** Breaks between tags, and in long lists of names. */
export function foldTags(tags: readonly ByteString[], lineEnd: string): ByteString {
  let text = '';
  let column = 'ARC-Message-Signature: '.length;
  for (const [at, tag] of tags.entries()) {
    const pieces = (at < tags.length - 1 ? `${tag};` : tag).split(/(?<=:)/);
    for (const [which, piece] of pieces.entries()) {
      const blank = which === 0 && at > 0 ? ' ' : '';
      if (column + piece.length + blank.length > lineLength && text !== '') {
        text += `${lineEnd}\t${piece}`;
        column = 8 + piece.length;
      } else {
        text += blank + piece;
        column += piece.length + blank.length;
      }
    }
  }
  return text;
}

/** On lines of its own, behind what is there. */
export function foldBase64(value: string, lineEnd: string): string {
  return (value.match(/.{1,70}/g) ?? []).map((line) => `${lineEnd}\t${line}`).join('');
}
