import { type Archive, ArchiveBuilder, MalformedArchive } from './archive.ts';
import { readFileName } from './name.ts';
import { ByteReader } from './reader.ts';

const endRecord = Buffer.from('PK\x05\x06', 'latin1');
const endRecordLength = 22;
const entryMark = 0x02014b50;
/** The end record is looked for in so many bytes; a comment may follow it. */
const searched = 1024;
/** Extra field of strong encryption (APPNOTE 4.5.12). */
const strongEncryption = 0x0017;

/** Reads the central directory (APPNOTE.TXT 4.3.12; rspamd: src/libmime/archives.c:rspamd_archive_process_zip). */
export function readZip(bytes: Buffer, budget: { left: number }): Archive {
  const end = bytes.lastIndexOf(endRecord, bytes.length - endRecordLength);
  if (end < 5 || end < bytes.length - endRecordLength - searched) throw new MalformedArchive('no end record');
  const size = bytes.readUInt32LE(end + 12);
  const offset = bytes.readUInt32LE(end + 16);
  if (offset + size > end) throw new MalformedArchive('the directory is not where it should be');
  const archive = new ArchiveBuilder(budget);
  const reader = new ByteReader(bytes, offset, end);
  while (reader.at < offset + size) if (!readEntry(reader, archive)) break;
  return archive.build('zip');
}

function readEntry(reader: ByteReader, archive: ArchiveBuilder): boolean {
  if (reader.u32() !== entryMark) throw new MalformedArchive('an entry without its mark');
  reader.skip(4);
  const flags = reader.u16();
  reader.skip(10);
  const compressedSize = reader.u32();
  const uncompressedSize = reader.u32();
  const [name, extra, comment] = [reader.u16(), reader.u16(), reader.u16()];
  reader.skip(12);
  const { name: text, obfuscated } = readFileName(reader.take(name).toString('latin1'));
  const encrypted = (flags & 0x41) !== 0 || hasExtra(reader.take(extra), strongEncryption);
  reader.skip(comment);
  return archive.add({ name: text, compressedSize, uncompressedSize, encrypted, obfuscated });
}

function hasExtra(bytes: Buffer, wanted: number): boolean {
  for (let at = 0; at + 4 < bytes.length; at += 4 + bytes.readUInt16LE(at + 2))
    if (bytes.readUInt16LE(at) === wanted) return true;
  return false;
}
