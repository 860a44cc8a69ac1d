/** Class identifiers of root entries, hexadecimal (rspamd: lualib/lua_magic/heuristics.lua). */
const classes = new Map([
  ['0609020000000000c000000000000046', 'doc'],
  ['1008020000000000c000000000000046', 'xls'],
  ['2008020000000000c000000000000046', 'xls'],
  ['108d81649b4fcf1186ea00aa00b929e8', 'ppt'],
  ['46f0060000000000c000000000000046', 'msg'],
  ['0b0d020000000000c000000000000046', 'msg'],
  ['84100c0000000000c000000000000046', 'msi'],
]);

const streams: ReadonlyArray<readonly [string, string]> = [
  ['WordDocument', 'doc'],
  ['Workbook', 'xls'],
  ['Book', 'xls'],
  ['PowerPoint Document', 'ppt'],
  ['Current User', 'ppt'],
  ['VisioDocument', 'vsd'],
];

const entrySize = 128;

/**
 * Which program wrote an OLE compound file, by the entries of its directory (MS-CFB, 2.6).
 * @returns an extension, undefined where no entry tells, `false` for a file that is cut off
 */
export function oleExtension(file: Buffer): string | undefined | false {
  if (file.length < 0x31 + 4) return undefined;
  const little = file.readUInt16LE(28) === 0xfffe;
  const shift = little ? file.readUInt16LE(30) : Number.NaN; // the other byte order never gives a size that is allowed
  if (!(shift >= 7 && shift <= 31)) return undefined;
  const start = file.readUInt32LE(0x30) * 2 ** shift + 512;
  if (file.length < start + 1) return undefined;
  for (let at = start; at < file.length - 1; at += entrySize) {
    const kind = file[at + 66];
    if (kind === undefined || kind > 5) return undefined;
    if (kind === 5) {
      if (file.length < at + 96) return false;
      const known = classes.get(file.toString('hex', at + 80, at + 96));
      if (known !== undefined) return known;
    } else if (kind === 2) {
      const name = file.toString('utf16le', at, at + 64);
      const known = streams.find(([prefix]) => name.startsWith(prefix));
      if (known !== undefined) return known[1];
    }
  }
  return undefined;
}
