import type { ByteString } from '../bytes.ts';
import { type Archive, ArchiveBuilder, MalformedArchive } from './archive.ts';
import { readFileName } from './name.ts';
import { ByteReader } from './reader.ts';

const noSizes = { compressedSize: 0, uncompressedSize: 0, encrypted: false };

/**
 * A gzip file (RFC 1952) holds one other file. Its name is in there, or else it is that of the part without its last
 * extension (rspamd: src/libmime/archives.c:rspamd_archive_process_gzip).
 * @param filename of the part, empty where it has none
 */
export function readGzip(bytes: Buffer, filename: ByteString, budget: { left: number }): Archive {
  if (bytes.length <= 10) throw new MalformedArchive('too short');
  const archive = new ArchiveBuilder(budget);
  const flags = bytes[3] as number;
  archive.encrypted = (flags & 0x20) !== 0;
  if ((flags & 0x08) !== 0) archive.add({ ...noSizes, ...readFileName(storedName(bytes, flags)) });
  else archive.add({ ...noSizes, name: innerName(filename), obfuscated: false });
  return archive.build('gz');
}

function storedName(bytes: Buffer, flags: number): ByteString {
  const reader = new ByteReader(bytes);
  reader.skip((flags & 0x02) !== 0 ? 12 : 10);
  if ((flags & 0x04) !== 0) reader.skip(reader.u16());
  // An empty name is passed over: the next text that ends with a NUL is taken for it.
  while (reader.left > 0 && bytes[reader.at] === 0) reader.skip(1);
  const end = bytes.indexOf(0, reader.at);
  if (end < 0) throw new MalformedArchive('the name does not end');
  return bytes.toString('latin1', reader.at, end);
}

function innerName(filename: ByteString): ByteString {
  const dot = filename.lastIndexOf('.');
  if (dot < 0) throw new MalformedArchive('nothing tells a name');
  const slash = filename.lastIndexOf('/');
  if (slash >= 0 && slash < dot) return filename.slice(slash + 1, dot);
  return filename.indexOf('.') === dot ? filename : filename.slice(0, dot);
}
