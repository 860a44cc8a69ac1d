import { type Archive, ArchiveBuilder, MalformedArchive } from './archive.ts';
import { readFileName } from './name.ts';
import { ByteReader } from './reader.ts';

const mark4 = 'Rar!\x1a\x07\0';
const mark5 = 'Rar!\x1a\x07\x01\0';

/** RAR of version 5, and of those before it (rspamd: src/libmime/archives.c:rspamd_archive_process_rar). */
export function readRar(bytes: Buffer, budget: { left: number }): Archive {
  const start = bytes.toString('latin1', 0, 8);
  const archive = new ArchiveBuilder(budget);
  if (bytes.length <= mark5.length) throw new MalformedArchive('too short');
  if (start === mark5) readVersion5(new ByteReader(bytes, mark5.length), archive);
  else if (start.startsWith(mark4)) readVersion4(new ByteReader(bytes, mark4.length), archive);
  else throw new MalformedArchive('no mark');
  return archive.build('rar');
}

const main4 = 0x73;
const file4 = 0x74;

function readVersion4(reader: ByteReader, archive: ArchiveBuilder): void {
  while (reader.left > 0) {
    const start = reader.at;
    reader.skip(2);
    const type = reader.u8();
    const flags = reader.u16();
    if (type === main4 && (flags & 0x80) !== 0) {
      archive.encrypted = true;
      return;
    }
    let size = reader.u16();
    let compressed = 0;
    if ((flags & 0x8000) !== 0) {
      compressed = reader.u32();
      size += compressed;
    }
    if (size === 0) throw new MalformedArchive('a block without length');
    if (type === file4) {
      const { file, more } = readFile4(reader, flags, compressed);
      size += more;
      if (!archive.add(file)) return;
    }
    reader.at = start;
    reader.skip(size);
  }
}

function readFile4(reader: ByteReader, flags: number, packed: number) {
  let uncompressedSize = reader.u32();
  reader.skip(11);
  const length = reader.u16();
  reader.skip(4);
  let more = 0;
  if ((flags & 0x100) !== 0) {
    more = reader.u32();
    uncompressedSize += reader.u32();
  }
  if (length === 0) throw new MalformedArchive('a file without name');
  const bytes = reader.take(length).toString('latin1');
  // Where there are two names the first, plain one is taken.
  const plain = (flags & 0x200) !== 0 && bytes.includes('\0') ? bytes.slice(0, bytes.indexOf('\0')) : bytes;
  const encrypted = (flags & 0x4) !== 0;
  const file = { ...readFileName(plain), compressedSize: packed + more, uncompressedSize, encrypted };
  return { file, more };
}

const main5 = 1;
const file5 = 2;
const encryption5 = 4;
/** Extra record of an encrypted file. */
const encryptionRecord = 1;

interface Header5 {
  readonly type: number;
  /** Bytes of extra records at its end. */
  readonly extra: number;
  readonly packed: number;
  /** Where the next header begins. */
  readonly next: number;
}

function readVersion5(reader: ByteReader, archive: ArchiveBuilder): void {
  const main = readHeader5(reader);
  if (main.type === encryption5) {
    archive.encrypted = true;
    return;
  }
  if (main.type !== main5) throw new MalformedArchive('no main header');
  leave(reader, main);
  while (reader.left > 0) {
    const header = readHeader5(reader);
    if (header.type === file5 && !readFile5(reader, header, archive)) return;
    leave(reader, header);
  }
}

function leave(reader: ByteReader, { next }: Header5): void {
  if (next > reader.end) throw new MalformedArchive('truncated');
  reader.at = next;
}

function readHeader5(reader: ByteReader): Header5 {
  reader.skip(4);
  const size = vint(reader);
  if (size === 0) throw new MalformedArchive('a header without length');
  const start = reader.at;
  const type = vint(reader);
  const flags = vint(reader);
  const extra = hasBit(flags, 0x1) ? vint(reader) : 0;
  const packed = hasBit(flags, 0x2) ? vint(reader) : 0;
  return { type, extra, packed, next: start + size + packed };
}

/** @returns whether there is room for more files */
function readFile5(reader: ByteReader, header: Header5, archive: ArchiveBuilder): boolean {
  const flags = vint(reader);
  const uncompressedSize = vint(reader);
  vint(reader);
  if (hasBit(flags, 0x2)) reader.skip(4);
  if (hasBit(flags, 0x4)) reader.skip(4);
  if (hasBit(flags, 0x1)) return true; // a folder
  vint(reader);
  vint(reader);
  const length = vint(reader);
  if (length === 0) throw new MalformedArchive('a file without name');
  const name = reader.take(length).toString('latin1');
  const encrypted = header.extra > 0 && header.extra <= reader.left && isEncrypted5(reader, header.extra);
  if (encrypted) archive.encrypted = true;
  return archive.add({ ...readFileName(name), compressedSize: header.packed, uncompressedSize, encrypted });
}

function isEncrypted5({ bytes, at }: ByteReader, length: number): boolean {
  const records = new ByteReader(bytes, at, at + length);
  while (records.left > 0) {
    const size = vint(records);
    if (size === 0 || size > records.left) return false;
    const next = records.at + size;
    if (vint(records) === encryptionRecord) return true;
    records.at = next;
  }
  return false;
}

/** Seven bits a byte, the lowest first (RAR 5.0 archive format, "vint"). */
function vint(reader: ByteReader): number {
  let value = 0;
  for (let factor = 1; factor <= 2 ** 57; factor *= 128) {
    const byte = reader.u8();
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw new MalformedArchive('a number that does not end');
}

function hasBit(flags: number, bit: number): boolean {
  return (flags & bit) !== 0;
}
