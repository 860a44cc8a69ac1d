import type { ByteString } from '../bytes.ts';

/** A byte pattern that stands at one place of a file. */
export interface HeadSignature {
  readonly ext: string;
  readonly offset: number;
  readonly pattern: ByteString | RegExp;
  readonly weight: number;
}

function at(ext: string, offset: number, ...patterns: readonly (ByteString | RegExp)[]): HeadSignature[] {
  return patterns.map((pattern) => ({ ext, offset, pattern, weight: ext === 'exe' ? 15 : 60 }));
}

/** Longest reach of a head signature; no file is looked at further for them. */
export const headLength = 24;

/**
 * Signatures of the first bytes (rspamd: lualib/lua_magic/patterns.lua). Expressions are sticky: they match at the
 * offset or not at all.
 */
export const headSignatures: readonly HeadSignature[] = [
  ...at('ps', 0, '%!PS-Adobe'),
  ...at('rtf', 0, '{\\rt'),
  ...at('chm', 0, 'ITSF'),
  ...at('djvu', 0, 'AT&TFORM'),
  ...at('djvu', 12, 'DJVM'),
  ...at('exe', 0, 'MZ'),
  ...at('elf', 0, '\x7fELF'),
  ...at('lnk', 0, 'L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F'),
  ...at('class', 0, '\xca\xfe\xba\xbe'),
  ...at('ics', 0, 'BEGIN:VCALENDAR'),
  ...at('vcf', 0, 'BEGIN:VCARD'),
  ...at('arj', 0, '\x60\xea'),
  ...at('ace', 7, '**ACE**'),
  ...at('bz2', 0, 'BZh', 'BZ0'),
  ...at('lz4', 0, '\x04\x22\x4d\x18', '\x03\x21\x4c\x18', '\x02\x21\x4c\x18', 'mozLz40\0'),
  ...at('zst', 0, /["-@]\xb5\x2f\xfd/y),
  ...at('zoo', 20, '\xdc\xa7\xc4\xfd'),
  ...at('zip', 0, 'PK\x03\x04'),
  ...at('rar', 0, 'Rar!\x1a\x07\0', 'Rar!\x1a\x07\x01\0'),
  ...at('7z', 0, '7z\xbc\xaf\x27\x1c'),
  ...at('gz', 0, '\x1f\x8b\x08'),
  ...at('xar', 0, 'xar!'),
  ...at('egg', 0, 'EGGA'),
  ...at('szdd', 0, 'SZDD'),
  ...at('xz', 0, '\xfd7zXZ\0'),
  ...at('psd', 0, '8BPS'),
  ...at('ico', 0, '\0\0\x01\0'),
  ...at('pcx', 0, '\x0a\x05\x01\x08'),
  ...at('pic', 0, '\xff\x80\xc9\xc7\x1a\0'),
  ...at('swf', 0, 'ZWS', 'CWS', 'FWS'),
  ...at('tiff', 0, 'II*\0', 'MM'),
  ...at('webp', 0, /RIFF.{4}WEBP/sy),
  ...at('pgp', 0, '\xa8\x03PGP', '-BEGIN PGP MESSAGE-'),
  ...at('uue', 0, 'begin '),
  ...at('dwg', 0, /AC10[12][2-9]/y),
  ...at('jpg', 0, '\0\0\0\x0cjP \x20\x0d\x0a\x87\x0a', '\xff\xd8\xff'),
  ...at('png', 0, '\x89PNG\r\n\x1a\n'),
  ...at('gif', 0, /GIF8\d/y),
  ...at('bmp', 0, /BM.{3}\0{4}/sy),
  ...at('heic', 0, /.{4}ftyp(?:he[im][cs]|mif1)/sy),
];

/** Apple puts its mark at the end. */
export const tailSignature = { ext: 'dmg', fromEnd: 512, pattern: 'koly\0\0\0\x04', weight: 61 } as const;
