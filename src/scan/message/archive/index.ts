import type { MimePart } from '../part.ts';
import { type Archive, MalformedArchive } from './archive.ts';
import { readGzip } from './gzip.ts';
import { readRar } from './rar.ts';
import { readSevenZip } from './seven-zip.ts';
import { readZip } from './zip.ts';

export { type Archive, type ArchiveFile, type ArchiveType, maxArchiveFiles } from './archive.ts';

/**
 * The directory of an archive that the content of a part is, whatever it is called
 * (rspamd: src/libmime/archives.c:rspamd_archives_process).
 * @param budget files that may still be noted
 * @returns undefined for other content, and for an archive that cannot be read
 */
export function readArchive(part: MimePart, budget: { left: number }): Archive | undefined {
  try {
    switch (part.detected?.ext) {
      case 'zip':
        return readZip(part.content.bytes, budget);
      case 'rar':
        return readRar(part.content.bytes, budget);
      case '7z':
        return readSevenZip(part.content.bytes, budget);
      case 'gz':
        return readGzip(part.content.bytes, part.filename, budget);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof MalformedArchive) return undefined;
    throw error;
  }
}
