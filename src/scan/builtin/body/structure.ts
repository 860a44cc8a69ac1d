import type { MimePart } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { hasOnlyHtml, partHeader, walkedParts } from '../parts.ts';
import { hasHeader, lower } from '../values.ts';

const mimeHeaders: Rule = {
  name: 'CHECK_MIME',
  stage: 'filter',
  symbols: {
    MISSING_MIME_VERSION: symbol(2, 'headers', 'There is no MIME-Version, though there are headers of MIME'),
    MIME_MA_MISSING_TEXT: symbol(2, 'headers', 'Of several forms of the text none is plain'),
    MIME_MA_MISSING_HTML: symbol(1, 'headers', 'Of several forms of the text none is HTML'),
  },
  run: (task) => {
    if (hasHeader(task, 'Content-Type', 'Content-Transfer-Encoding') && !hasHeader(task, 'MIME-Version'))
      task.insert('MISSING_MIME_VERSION');
    const { parts } = task.message;
    const is = (type: string, subtype: string) =>
      parts.some((part) => part.type.type === type && part.type.subtype === subtype);
    if (!is('multipart', 'alternative')) return;
    if (!is('text', 'plain')) task.insert('MIME_MA_MISSING_TEXT');
    if (!is('text', 'html')) task.insert('MIME_MA_MISSING_HTML');
  },
};

function isTextPlain(task: Task): boolean {
  const parts = walkedParts(task);
  return parts.some(({ type }) => type.type === 'text') && parts.some(({ type }) => type.subtype === 'plain');
}

function lacksCharset(task: Task): boolean {
  return (
    task.message.parts.some(({ content }) => content.length > 0) &&
    isTextPlain(task) &&
    !walkedParts(task).some(({ type }) => type.charset !== '') &&
    !task.message.textParts.some(({ part }) => part.encoding === '7bit')
  );
}

/** The first binary part that is not sent as a file. */
function lacksDisposition({ message }: Task): boolean {
  for (const part of message.parts) {
    if (!/^application\/octet-stream/i.test(partHeader(part, 'Content-Type') ?? '')) continue;
    const disposition = partHeader(part, 'Content-Disposition');
    if (disposition !== undefined && /^attachment/i.test(disposition)) continue;
    const isSignature = message.parts.length > 1 && /filename=.+\.asc/.test(disposition ?? '');
    const isEncrypted = part.parent?.type.type === 'multipart' && part.parent.type.subtype === 'encrypted';
    return part.headers.first('Content-ID') === undefined && !isSignature && !isEncrypted;
  }
  return false;
}

function isMixedForNothing({ message }: Task): boolean {
  if (!/^multipart\/mixed/i.test(message.header('Content-Type') ?? '')) return false;
  let texts = 0;
  for (const part of message.parts) {
    if (part.type.type === 'text' && !part.isAttachment) texts++;
    else if (part.type.type !== 'multipart') return false;
    if (texts > 2) return false;
  }
  return true;
}

function isBase64Text(part: MimePart): boolean {
  return (
    /^text/i.test(partHeader(part, 'Content-Type') ?? '') &&
    /^base64/i.test(partHeader(part, 'Content-Transfer-Encoding') ?? '')
  );
}

function isTopBase64Text({ message }: Task): boolean {
  return (
    /^text/i.test(message.header('Content-Type') ?? '') &&
    /^base64/i.test(message.header('Content-Transfer-Encoding') ?? '')
  );
}

const wrongEncoding: Rule = {
  name: 'R_BAD_CTE_7BIT',
  stage: 'filter',
  flags: ['mime'],
  symbols: { R_BAD_CTE_7BIT: symbol(3.5, 'headers', 'A text has bytes that its transfer encoding does not allow') },
  run: ({ message, results }) => {
    const wrong = message.textParts.find(({ part, has8BitRaw }) => part.encoding !== '8bit' && has8BitRaw)?.part;
    if (wrong === undefined) return;
    const { encoding } = wrong;
    if (lower(wrong.type.charset) === 'utf-8') results.insert('R_BAD_CTE_7BIT', 0.3, [encoding, 'utf8']);
    else results.insert('R_BAD_CTE_7BIT', 1, [encoding]);
  },
};

const partsDiffer: Rule = {
  name: 'R_PARTS_DIFFER',
  stage: 'filter',
  symbols: { R_PARTS_DIFFER: symbol(1, 'body', 'The plain text and the HTML say different things') },
  run: ({ message, results }) => {
    const found = message.partsDistance;
    if (found === undefined || found.distance < 0.5) return;
    const { distance, words } = found;
    results.insert('R_PARTS_DIFFER', (distance - 0.5) * (words > 30 ? 2 : 1), [`${(100 * distance).toFixed(1)}%`]);
  },
};

/** Words of a subtype, with the symbol that says so and what it is called as an option. */
const cryptography: ReadonlyArray<readonly [word: string, symbol: string, encrypted: string | undefined]> = [
  ['pkcs7-mime', 'ENCRYPTED_SMIME', 'smime part'],
  ['pkcs7-signature', 'SIGNED_SMIME', undefined],
  ['pgp-encrypted', 'ENCRYPTED_PGP', 'pgp part'],
  ['pgp-signature', 'SIGNED_PGP', undefined],
];

const encrypted: Rule = {
  name: 'BOGUS_ENCRYPTED_AND_TEXT',
  stage: 'filter',
  symbols: {
    BOGUS_ENCRYPTED_AND_TEXT: symbol(10, 'mime_types', 'Text stands beside an encrypted part'),
    ENCRYPTED_PGP: single(-0.5, 'mime_types', 'Encrypted with PGP'),
    ENCRYPTED_SMIME: single(-0.5, 'mime_types', 'Encrypted with S/MIME'),
    SIGNED_PGP: single(-2, 'mime_types', 'Signed with PGP'),
    SIGNED_SMIME: single(-2, 'mime_types', 'Signed with S/MIME'),
  },
  run: ({ message, results }) => {
    const found: string[] = [];
    let text = false;
    for (const container of message.parts) {
      for (const part of container.kind === 'multipart' ? container.children : []) {
        if (part.kind === 'multipart') continue;
        if (part.kind === 'text') text = true;
        else if (part.type.type === 'application') {
          const kind = cryptography.find(([word]) => part.type.subtype.includes(word));
          if (kind === undefined) continue;
          results.insert(kind[1]);
          if (kind[2] !== undefined) found.push(kind[2]);
        }
        // A text that only looks like one does not count.
        if (text && found.length > 0)
          text = container.children.some((child) => child.kind === 'text' && child.type.type === 'text');
      }
    }
    if (text && found.length > 0) results.insert('BOGUS_ENCRYPTED_AND_TEXT', 1, found);
  },
};

const fewest = 7;

/** Many recipients are alike (rspamd: src/libmime/mime_expressions.c:rspamd_recipients_distance). */
export function looksGenerated({ message }: Task): boolean {
  const all = message.recipients;
  if (all.length < fewest) return false;
  const list = all
    .filter(({ addr }) => addr.length > 3)
    .sort((a, b) => a.domain.length - b.domain.length || (a.domain < b.domain ? -1 : a.domain > b.domain ? 1 : 0));
  const hits = list.filter((one, index) => {
    const next = list[index + 1];
    return (
      next !== undefined &&
      next.addr.length === one.addr.length &&
      lower(next.addr.slice(0, 3)) === lower(one.addr.slice(0, 3))
    );
  });
  return hits.length / 2 >= 0.65;
}

/** Shorter first, then by words of four bytes (rspamd: src/libutil/str_util.c:rspamd_lc_cmp). */
function compareInternal(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  const [x, y] = [a, b].map((text) => Buffer.from(text.toLowerCase(), 'latin1')) as [Buffer, Buffer];
  for (let at = 0; at < x.length; at += 4) {
    const whole = at + 4 <= x.length;
    const difference = whole ? x.readUInt32LE(at) - y.readUInt32LE(at) : Buffer.compare(x.subarray(at), y.subarray(at));
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Many recipients stand in their order (rspamd: mime_expressions.c:rspamd_is_recipients_sorted). */
export function isSorted({ message }: Task): boolean {
  const list = message.recipients.map(({ addr }) => addr);
  return (
    list.length >= fewest &&
    list.every((addr, index) => index === 0 || compareInternal(addr, list[index - 1] ?? '') > 0)
  );
}

function isShort({ message }: Task): boolean {
  const [only] = message.textParts;
  return message.parts.length === 1 && only !== undefined && only.content.length < 64;
}

/** How a message is put together. */
export const structureOfBody: readonly Rule[] = [
  mimeHeaders,
  check('BROKEN_CONTENT_TYPE', symbol(1.5, 'headers', 'The type of a part is not as it should be'), ({ message }) =>
    message.parts.some(({ type }) => type.broken),
  ),
  check(
    'MIME_HEADER_CTYPE_ONLY',
    single(2, 'headers', 'Of all headers of MIME there is only Content-Type'),
    (task) =>
      hasHeader(task, 'Content-Type') &&
      !hasHeader(task, 'Content-Disposition', 'Content-Transfer-Encoding', 'MIME-Version') &&
      !isTextPlain(task),
  ),
  check('MIME_HTML_ONLY', single(0.2, 'headers', 'The text is HTML only'), hasOnlyHtml),
  check('R_MISSING_CHARSET', single(0.5, 'headers', 'Nothing tells the charset of the text'), lacksCharset, ['mime']),
  check('CTYPE_MISSING_DISPOSITION', symbol(4, 'mime', 'A binary part is not sent as a file'), lacksDisposition),
  check('CTYPE_MIXED_BOGUS', symbol(1, 'mime', 'A mixture of nothing but text'), isMixedForNothing),
  check(
    'MIME_BASE64_TEXT',
    symbol(0.1, 'mime', 'A text is encoded in base64'),
    (task) => isTopBase64Text(task) || task.message.parts.some(isBase64Text),
  ),
  check('MIME_BASE64_TEXT_BOGUS', symbol(1, 'mime', 'A text is encoded in base64 without need'), ({ message }) =>
    message.textParts.some(({ part, has8Bit }) => isBase64Text(part) && !has8Bit),
  ),
  wrongEncoding,
  check(
    'HAS_ATTACHMENT',
    symbol(0, 'body', 'There are files'),
    ({ message: { parts } }) =>
      parts.length > 1 && parts.some((part) => /^attachment/i.test(partHeader(part, 'Content-Disposition') ?? '')),
  ),
  partsDiffer,
  encrypted,
  check('SINGLE_SHORT_PART', symbol(0, [], 'One short text is all'), isShort),
  check('SUSPICIOUS_RECIPS', single(1.5, 'headers', 'The recipients look made up'), looksGenerated, ['mime']),
  check('SORTED_RECIPS', single(3.5, 'headers', 'The recipients are sorted'), isSorted, ['mime']),
];
