import type { Scanned } from '../scanner.ts';
import { encodedWords } from './words.ts';

/** rspamd: src/libserver/protocol.c, SPAM_SUBJECT */
const stockTemplate = '*** SPAM *** %s';

/** RFC 2047 words where the subject is not plain ASCII (rspamd: protocol.c:rspamd_protocol_rewrite_subject). */
export function rewrittenSubject({ task, verdict }: Scanned, configured: string | undefined): string {
  const template = task.reply.subject ?? task.settings?.subject ?? configured ?? stockTemplate;
  const old = task.message.subject ?? '';
  const text = template.replace(/%([sd%])/g, (_, what: string) => {
    if (what === 's') return old;
    return what === 'd' ? verdict.score.toFixed(2) : '%';
  });
  return encodedWords(text);
}
