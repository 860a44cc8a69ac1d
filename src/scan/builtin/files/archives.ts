import { type Archive, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { single } from '../check.ts';

const group = 'malware';

/** Archives of one message, and files of one archive, that are looked at. */
const most = 10;

/** Words that make people open a file. */
const clickbait =
  /\b(?:advice|advisory|aviso|documents?|contract|justificante pago|orden de litigio|order|pago|payments?|RFQ|quotation)\b/i;
const clickbaitExact = /\b(?:notice|shipment|shipping)\b/;

function isClickbait(text: string): boolean {
  return clickbait.test(text) || clickbaitExact.test(text);
}

/** Programs in archives (rspamd: rules/archives.lua). */
export const archives: Rule = {
  name: 'CHECK_ARCHIVES',
  stage: 'filter',
  symbols: {
    EXE_IN_ARCHIVE: single(1.5, group, 'A program in an archive'),
    SINGLE_FILE_ARCHIVE_WITH_EXE: single(5, group, 'A program is all that an archive has'),
    EXE_ARCHIVE_CLICKBAIT_FILENAME: single(9, group, 'A program in an archive with a tempting name'),
    EXE_ARCHIVE_CLICKBAIT_SUBJECT: single(9, group, 'A program in an archive, and a tempting subject'),
    MISIDENTIFIED_RAR: single(4, group, 'An archive goes by another name'),
    EXE_IN_MISIDENTIFIED_RAR: single(5, group, 'A program in an archive that goes by another name'),
    UDF_COMPRESSION_500PLUS: single(9, [], 'The image of a disc that is mostly empty'),
  },
  run: (task) => {
    const tempting = isClickbait(task.message.subject ?? '');
    const found = task.message.parts.flatMap(({ archive, filename }) =>
      archive === undefined ? [] : [{ archive, name: toText(filename) }],
    );
    for (const { archive, name } of found.slice(0, most)) checkArchive(task, archive, name, tempting);
  },
};

function checkArchive(task: Task, { type, files }: Archive, name: string, temptingSubject: boolean): void {
  const misidentified = type === 'rar' && name !== '' && !/\.r(?:ar|\d\d)$/i.test(name);
  if (misidentified) task.insert('MISIDENTIFIED_RAR');
  const looked = files.slice(0, most);
  for (const file of looked) {
    if (/\.img$/i.test(file.name) && file.uncompressedSize / file.compressedSize >= 500)
      task.insert('UDF_COMPRESSION_500PLUS');
  }
  if (!looked.some((file) => /\.(?:exe|com)$/i.test(file.name))) return;
  task.insert('EXE_IN_ARCHIVE');
  if (misidentified) task.insert('EXE_IN_MISIDENTIFIED_RAR');
  if (isClickbait(name)) task.insert('EXE_ARCHIVE_CLICKBAIT_FILENAME');
  else if (temptingSubject) task.insert('EXE_ARCHIVE_CLICKBAIT_SUBJECT');
  if (looked.length === 1) task.insert('SINGLE_FILE_ARCHIVE_WITH_EXE');
}
