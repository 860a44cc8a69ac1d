import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { single } from '../check.ts';

/** Bytes of a file that are looked at. */
const longest = 4 * 1024 * 1024;

/** Lines of a trailer. */
const maxLines = 100;

/** What is to be said of PDF files (rspamd: lualib/lua_content/pdf.lua). */
export const pdf: Rule = {
  name: 'SPECIFIC_CONTENT_CHECK',
  stage: 'filter',
  symbols: {
    PDF_ENCRYPTED: single(0.3, ['content', 'pdf'], 'A PDF file that is encrypted'),
    PDF_JAVASCRIPT: single(0.1, ['content', 'pdf'], 'A PDF file with a program in it'),
  },
  run: ({ message, results }) => {
    for (const { detected, content, filename } of message.parts) {
      if (detected?.ext !== 'pdf') continue;
      const text = content.text.slice(-longest);
      const name = filename === '' ? 'unknown' : toText(filename);
      if (isEncrypted(text)) results.insert('PDF_ENCRYPTED', 1, [name]);
      if (/\/(?:JS|JavaScript)\b/.test(text)) results.insert('PDF_JAVASCRIPT', 1, [name]);
    }
  },
};

function isEncrypted(text: string): boolean {
  const trailer = text.lastIndexOf('\ntrailer');
  return (
    trailer >= 0 &&
    text
      .slice(trailer)
      .split('\n', maxLines)
      .some((line) => line.includes('/Encrypt'))
  );
}
