import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import { single } from '../check.ts';

const groups = ['content', 'pdf'];

/** A file that is worth more is told. */
const suspicious = 0.5;

/** What is to be said of PDF files (rspamd: rules/content.lua:process_pdf_specific). */
export const pdf: Rule = {
  name: 'SPECIFIC_CONTENT_CHECK',
  stage: 'filter',
  symbols: {
    PDF_ENCRYPTED: single(0.3, groups, 'A PDF file that is encrypted'),
    PDF_JAVASCRIPT: single(0.1, groups, 'A PDF file with a program in it'),
    PDF_SUSPICIOUS: single(4.5, groups, 'A PDF file that looks like one made to do harm'),
    PDF_LONG_TRAILER: single(0.2, groups, 'A PDF file with a trailer that is too long to be read'),
    PDF_MANY_OBJECTS: single(0, groups, 'A PDF file with too many objects to read them all'),
  },
  run: ({ message, results }) => {
    for (const { part, encrypted, hasScripts, suspicion, longTrailer, manyObjects } of message.pdfFiles) {
      const name = part.filename === '' ? 'unknown' : toText(part.filename);
      if (encrypted) results.insert('PDF_ENCRYPTED', 1, [name]);
      if (hasScripts) results.insert('PDF_JAVASCRIPT', 1, [name]);
      const doubt = suspicion + (encrypted ? 0.1 : 0) + (hasScripts ? 0.1 : 0);
      if (doubt > suspicious) results.insert('PDF_SUSPICIOUS', Math.min(doubt, 1), [name]);
      if (longTrailer !== undefined) results.insert('PDF_LONG_TRAILER', 1, [`${name}:${longTrailer}`]);
      if (manyObjects !== undefined) results.insert('PDF_MANY_OBJECTS', 1, [`${name}:${manyObjects}`]);
    }
  },
};
