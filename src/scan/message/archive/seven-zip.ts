import { decompress } from 'lzma1';
import { type Archive, ArchiveBuilder, MalformedArchive } from './archive.ts';
import { ByteReader } from './reader.ts';

/** Property identifiers (7zFormat.txt, "Property IDs"). */
const id = {
  end: 0x00,
  header: 0x01,
  archiveProperties: 0x02,
  additionalStreams: 0x03,
  mainStreams: 0x04,
  files: 0x05,
  pack: 0x06,
  unpack: 0x07,
  substreams: 0x08,
  size: 0x09,
  crc: 0x0a,
  folder: 0x0b,
  unpackSize: 0x0c,
  streamsInFolder: 0x0d,
  names: 0x11,
  encodedHeader: 0x17,
};

const startHeaderLength = 32;
const lzma = 0x030101;
/** Codecs that want a password (rspamd: src/libmime/archives.c, IS_SZ_ENCRYPTED). */
const encrypting: readonly number[] = [0x06f10101, 0x06f10303, 0x06f10701];
const maxFolders = 8192;
const maxFiles = 1_000_000;
/** Bytes of a directory that is packed itself: packed, and unpacked. */
const maxPackedHeader = 1 << 20;
const maxHeader = 4 << 20;
/** A packed directory may hold another one. */
const maxLayers = 4;

/**
 * Reads the directory of a 7z file. What was found before something in it cannot be read counts all the same
 * (rspamd: src/libmime/archives.c:rspamd_archive_process_7zip).
 */
export function readSevenZip(bytes: Buffer, budget: { left: number }): Archive {
  if (bytes.length <= startHeaderLength) throw new MalformedArchive('too short');
  const start = new ByteReader(bytes, 12);
  const offset = start.u64();
  if (offset >= bytes.length - startHeaderLength) throw new MalformedArchive('the directory is not where it should be');
  const archive = new ArchiveBuilder(budget);
  try {
    readHeader(new ByteReader(bytes, startHeaderLength + offset), bytes, archive, 0);
  } catch (error) {
    if (!(error instanceof MalformedArchive)) throw error;
  }
  return archive.build('7z');
}

function readHeader(reader: ByteReader, file: Buffer, archive: ArchiveBuilder, layer: number): void {
  while (reader.left > 0) {
    const section = reader.u8();
    if (section === id.header) continue;
    if (section === id.archiveProperties) skipProperties(reader);
    else if (section === id.mainStreams || section === id.additionalStreams) readStreams(reader, archive);
    else if (section === id.files) readFiles(reader, archive);
    else if (section === id.encodedHeader && layer < maxLayers) {
      const inner = unpackHeader(readStreams(reader, archive), file, archive);
      if (inner !== undefined) readHeader(new ByteReader(inner), file, archive, layer + 1);
      return;
    } else return;
  }
}

function skipProperties(reader: ByteReader): void {
  while (reader.u8() !== id.end) reader.skip(number(reader));
}

interface Coder {
  readonly codec: number;
  readonly properties: Buffer;
}

interface Folder {
  readonly coders: readonly Coder[];
  /** Streams that come out of it. */
  readonly outputs: number;
}

interface Streams {
  packPosition: number;
  packSizes: number[];
  folders: Folder[];
  unpackSizes: number[];
  /** Which folders have a digest. */
  digests: readonly boolean[];
}

/** The packed directory as it was; undefined where it cannot be had. */
function unpackHeader(streams: Streams, file: Buffer, archive: ArchiveBuilder): Buffer | undefined {
  if (archive.encrypted) return undefined;
  const { folders, packPosition, packSizes, unpackSizes } = streams;
  const coder = folders[0]?.coders[0];
  const packSize = packSizes[0] ?? Number.POSITIVE_INFINITY;
  const size = unpackSizes[0] ?? Number.POSITIVE_INFINITY;
  const from = startHeaderLength + packPosition;
  const readable = folders.length === 1 && folders[0]?.coders.length === 1 && coder?.codec === lzma;
  const bounded = packSize <= maxPackedHeader && size <= maxHeader && from + packSize <= file.length;
  if (!readable || !bounded || !areUsual(coder.properties)) {
    archive.unreadable = true;
    return undefined;
  }
  // The form of a file that is nothing but one LZMA stream: properties, length, stream.
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(size));
  const alone = Buffer.concat([coder.properties, length, file.subarray(from, from + packSize)]);
  // A dictionary larger than all of it is room that nobody needs.
  if (alone.readUInt32LE(1) > maxHeader) alone.writeUInt32LE(maxHeader, 1);
  try {
    return Buffer.from(decompress(alone));
  } catch {
    archive.unreadable = true;
    return undefined;
  }
}

/** Properties as packers write them; others are allowed, and want tables of hundreds of megabytes. */
function areUsual(properties: Buffer): boolean {
  const first = properties[0] ?? 255;
  return properties.length === 5 && first < 225 && (first % 9) + (Math.floor(first / 9) % 5) <= 4;
}

function readStreams(reader: ByteReader, archive: ArchiveBuilder): Streams {
  const streams: Streams = { packPosition: 0, packSizes: [], folders: [], unpackSizes: [], digests: [] };
  for (let section = reader.u8(); section !== id.end; section = reader.u8()) {
    if (section === id.pack) readPackInfo(reader, streams);
    else if (section === id.unpack) readCoders(reader, streams, archive);
    else if (section === id.substreams) skipSubstreams(reader, streams);
    else throw new MalformedArchive('an unknown property');
  }
  return streams;
}

function readPackInfo(reader: ByteReader, streams: Streams): void {
  streams.packPosition = number(reader);
  const count = number(reader);
  for (let section = reader.u8(); section !== id.end; section = reader.u8()) {
    if (section === id.size) for (let i = 0; i < count; i++) streams.packSizes.push(number(reader));
    else if (section === id.crc) readDigests(reader, count);
    else throw new MalformedArchive('an unknown property');
  }
}

function readCoders(reader: ByteReader, streams: Streams, archive: ArchiveBuilder): void {
  for (let section = reader.u8(); section !== id.end; section = reader.u8()) {
    if (section === id.folder) {
      streams.folders = readFolders(reader);
      const codecs = streams.folders.flatMap(({ coders }) => coders.map(({ codec }) => codec));
      if (codecs.some((codec) => encrypting.includes(codec))) archive.encrypted = true;
    } else if (section === id.unpackSize) {
      for (const { outputs } of streams.folders)
        for (let i = 0; i < outputs; i++) streams.unpackSizes.push(number(reader));
    } else if (section === id.crc) streams.digests = readDigests(reader, streams.folders.length);
    else throw new MalformedArchive('an unknown property');
  }
}

function readFolders(reader: ByteReader): Folder[] {
  const count = number(reader);
  const external = reader.u8();
  if (count > maxFolders || external !== 0) throw new MalformedArchive('folders that nobody can read');
  return Array.from({ length: count }, () => readFolder(reader));
}

function readFolder(reader: ByteReader): Folder {
  const coders: Coder[] = [];
  let inputs = 0;
  let outputs = 0;
  for (let left = number(reader); left > 0; left--) {
    const flags = reader.u8();
    const codec = reader.take(flags & 0xf).reduce((value, byte) => value * 256 + byte, 0);
    const complex = (flags & 0x10) !== 0;
    inputs += complex ? number(reader) : 1;
    outputs += complex ? number(reader) : 1;
    const properties = (flags & 0x20) !== 0 ? reader.take(number(reader)) : Buffer.alloc(0);
    coders.push({ codec, properties });
  }
  for (let pair = 1; pair < outputs; pair++) {
    number(reader);
    number(reader);
  }
  const packed = inputs - outputs + 1;
  if (packed > 1) for (let i = 0; i < packed; i++) number(reader);
  return { coders, outputs };
}

/** Sizes of a folder's files but the last one's, and digests of those files that a folder's digest does not stand for. */
function skipSubstreams(reader: ByteReader, { folders, digests }: Streams): void {
  let counts = folders.map(() => 1);
  for (let section = reader.u8(); section !== id.end; section = reader.u8()) {
    if (section === id.streamsInFolder) counts = folders.map(() => number(reader));
    else if (section === id.size) for (const count of counts) for (let i = 1; i < count; i++) number(reader);
    else if (section === id.crc) {
      const open = counts.map((count, folder) => (count === 1 && digests[folder] === true ? 0 : count));
      readDigests(
        reader,
        open.reduce((sum, count) => sum + count, 0),
      );
    } else throw new MalformedArchive('an unknown property');
  }
}

/** @returns which of the streams have one */
function readDigests(reader: ByteReader, streams: number): boolean[] {
  if (streams > maxFiles) throw new MalformedArchive('more streams than anybody has files');
  const all = reader.u8() !== 0;
  const bits = all ? undefined : reader.take(Math.ceil(streams / 8));
  const defined = Array.from(
    { length: streams },
    (_, i) => bits === undefined || ((bits[i >> 3] as number) & (0x80 >> (i & 7))) !== 0,
  );
  reader.skip(4 * defined.filter(Boolean).length);
  return defined;
}

function readFiles(reader: ByteReader, archive: ArchiveBuilder): void {
  const count = number(reader);
  for (let property = reader.u8(); property !== id.end; property = reader.u8()) {
    const size = number(reader);
    const next = reader.at + size;
    if (property === id.names && reader.u8() === 0) readNames(reader, count, archive);
    reader.at = Math.min(reader.at, next);
    reader.skip(next - reader.at);
  }
}

function readNames(reader: ByteReader, count: number, archive: ArchiveBuilder): void {
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    while (reader.u16() !== 0);
    const name = reader.bytes.toString('utf16le', start, reader.at - 2);
    if (name === '') throw new MalformedArchive('a file without name');
    const bytes = Buffer.from(name, 'utf8').toString('latin1');
    const file = { name: bytes, compressedSize: 0, uncompressedSize: 0, encrypted: false, obfuscated: false };
    if (!archive.add(file)) return;
  }
}

/** The first byte tells how many follow (7zFormat.txt, "UINT64"). */
function number(reader: ByteReader): number {
  const first = reader.u8();
  let value = 0;
  for (let bit = 0x80, factor = 1; bit > 0; bit >>= 1, factor *= 256) {
    if ((first & bit) === 0) return value + (first & (bit - 1)) * factor;
    value += reader.u8() * factor;
  }
  return value;
}
