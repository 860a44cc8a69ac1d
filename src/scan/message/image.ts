import type { ByteString } from './bytes.ts';

/** Pixels. */
export interface ImageSize {
  readonly type: ImageType;
  readonly width: number;
  readonly height: number;
}

export type ImageType = 'PNG' | 'JPEG' | 'GIF' | 'BMP';

/** Measures an image of whatever type its first bytes tell (rspamd: src/libmime/images.c:rspamd_maybe_process_image). */
export function measureImage(bytes: Buffer): ImageSize | undefined {
  const type = imageType(bytes);
  return type === undefined ? undefined : measureAs(type, bytes);
}

function imageType(bytes: Buffer): ImageType | undefined {
  const start = bytes.toString('latin1', 0, 8);
  if (bytes.length > 8 && start === '\x89PNG\r\n\x1a\n') return 'PNG';
  if (bytes.length > 10 && /^\xff\xd8\xff[\xe0\xe1]/.test(start)) return 'JPEG';
  if (bytes.length > 4 && start.startsWith('GIF8')) return 'GIF';
  return bytes.length > 2 && start.startsWith('BM') ? 'BMP' : undefined;
}

const extensions = new Map<ByteString, ImageType>([
  ['png', 'PNG'],
  ['jpg', 'JPEG'],
  ['jpeg', 'JPEG'],
  ['gif', 'GIF'],
  ['bmp', 'BMP'],
]);

/** @returns undefined for an extension of images that nobody can measure */
export function imageTypeOfExtension(extension: string): ImageType | undefined {
  return extensions.get(extension.toLowerCase());
}

/** @returns undefined where the image is cut off, or is none of that type */
export function measureAs(type: ImageType, bytes: Buffer): ImageSize | undefined {
  const { length } = bytes;
  switch (type) {
    case 'PNG':
      if (length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
      return { type, width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
    case 'GIF':
      return length < 10 ? undefined : { type, width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
    case 'BMP':
      return length < 28 ? undefined : { type, width: bytes.readUInt32LE(18), height: bytes.readUInt32LE(22) };
    default:
      return length < 12 ? undefined : measureJpeg(bytes);
  }
}

/** Looks for the frame header (ITU-T T.81, section B.2.2). */
function measureJpeg(bytes: Buffer): ImageSize | undefined {
  const end = bytes.length - 8;
  for (let at = 2; at < end; ) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff) {
      at++;
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    const marker = bytes[++at] as number;
    if ((marker >= 0xc0 && marker <= 0xc3) || (marker >= 0xc9 && marker <= 0xcb))
      return { type: 'JPEG', width: bytes.readUInt16BE(at + 6), height: bytes.readUInt16BE(at + 4) };
    at += length;
  }
  return undefined;
}
