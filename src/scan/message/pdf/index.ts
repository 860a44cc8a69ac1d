import type { ByteString } from '../bytes.ts';
import { Budget } from './budget.ts';
import { PdfDocument } from './document.ts';
import { maxObjects } from './find.ts';
import { readTrailer, suspicionOf } from './signs.ts';
import { textOf } from './text.ts';

export { Budget } from './budget.ts';

/** Work for the files of one message: bytes unpacked, parsed and written. What is beyond is not read. */
const maxWork = 16 * 1024 * 1024;

export function pdfBudget(): Budget {
  return new Budget(maxWork);
}

/** What rules look at. */
export interface PdfSigns {
  readonly encrypted: boolean;
  readonly hasScripts: boolean;
  /** From 0 to 1. */
  readonly suspicion: number;
  /** Bytes of a trailer that is too long to be read. */
  readonly longTrailer: number | undefined;
  /** Objects, where there are too many to read them all. */
  readonly manyObjects: number | undefined;
}

export interface Pdf {
  readonly signs: PdfSigns;
  /** What its pages show, UTF-8. */
  readonly text: ByteString;
  /** Texts of its links, UTF-8. */
  readonly links: readonly ByteString[];
}

/**
 * Reads a file as far as Rspamd does: objects found by looking for them, text in fonts of one byte or with a map of
 * their characters, links, scripts; nothing of an encrypted one (rspamd: lualib/lua_content/pdf.lua:process_pdf).
 */
export function readPdf(text: ByteString, budget: Budget): Pdf {
  const trailer = readTrailer(text);
  const document = new PdfDocument(text, trailer.encrypted, budget);
  const { starts } = document.objects;
  const shown = textOf(document, budget);
  return {
    signs: {
      encrypted: document.objects.encrypted,
      hasScripts: document.hasScripts,
      suspicion: suspicionOf(text),
      longTrailer: trailer.tooLong,
      manyObjects: starts > maxObjects ? starts : undefined,
    },
    text: shown,
    links: [...document.links()],
  };
}
