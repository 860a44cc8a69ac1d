import type { Scanned } from '../scanner.ts';

/** rspamd: src/libserver/protocol.c, SPAM_SUBJECT */
const stockTemplate = '*** SPAM *** %s';

/** RFC 2047 words where the subject is not plain ASCII (rspamd: protocol.c:rspamd_protocol_rewrite_subject). */
export function rewrittenSubject({ task, verdict }: Scanned, configured: string | undefined): string {
  const template = task.settings?.subject ?? configured ?? stockTemplate;
  const old = task.message.subject ?? '';
  const text = template.replace(/%([sd%])/g, (_, what: string) => {
    if (what === 's') return old;
    return what === 'd' ? verdict.score.toFixed(2) : '%';
  });
  return /^[\x20-\x7e]*$/.test(text) ? text : encodedWords(text);
}

/** At most 75 characters a word (RFC 2047, 2), never cutting a character in two. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let chunk = '';
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 45) {
      words.push(chunk);
      chunk = '';
    }
    chunk += character;
  }
  return [...words, chunk].map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}
