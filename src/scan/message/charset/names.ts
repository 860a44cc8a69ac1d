import { type ByteString, isAlnum, lowerAscii } from '../bytes.ts';

/**
 * How the bytes of a charset become text: `utf8` as they are, `latin1` one to one, `icu:` by the machine's own decoder
 * of that WHATWG label (but for windows-1252, which Node takes for ISO-8859-1), `iconv:` by iconv-lite, or by one of the
 * escape codes of `shifted.ts`.
 */
export type CharsetDecoder =
  | 'utf8'
  | 'latin1'
  | 'windows-1252'
  | 'utf-16'
  | 'hz'
  | 'iso-2022-kr'
  | `icu:${string}`
  | `iconv:${string}`;

/**
 * Charsets of mail: the name ICU has for it (which is what rules see), its decoder, its aliases as `comparable` makes
 * them (rspamd: src/libmime/mime_encoding_list.h; ICU: convrtrs.txt).
 */
const table: ReadonlyArray<readonly [name: string, decoder: CharsetDecoder, aliases: string]> = [
  ['UTF-8', 'utf8', 'cp1208 unicode11utf8 unicode20utf8 windows65001 xutf8j'],
  [
    'US-ASCII',
    'utf8',
    '646 ansix3.41968 ansix3.41986 ascii ascii7 cp367 csascii default ibm367 iso646.irv:1983 iso646.irv:1991 iso646us iso969us isoir6 us windows20127',
  ],
  ['UTF-7', 'iconv:utf-7', 'unicode11utf7 unicode20utf7 windows65000'],
  ['UTF-16', 'utf-16', 'csunicode iso10646ucs2 ucs2 unicode'],
  ['UTF-16BE', 'icu:utf-16be', 'cp1200 cp1201 unicodebigunmarked utf16bigendian windows1201 xutf16be'],
  ['UTF-16LE', 'icu:utf-16le', 'unicodelittleunmarked utf16littleendian windows1200 xutf16le'],
  ['UTF-32', 'iconv:utf-32', 'csucs4 iso10646ucs4 ucs4'],
  ['UTF-32BE', 'iconv:utf-32be', 'utf32bigendian'],
  ['UTF-32LE', 'iconv:utf-32le', 'utf32littleendian'],
  ['ISO-8859-1', 'latin1', '819 88591 cp819 csisolatin1 ibm819 iso88591:1987 isoir100 l1 latin1'],
  [
    'ibm-912_P100-1995',
    'icu:iso-8859-2',
    '88592 912 cp912 csisolatin2 iso88592 iso88592:1987 isoir101 l2 latin2 windows28592',
  ],
  [
    'ibm-913_P100-2000',
    'icu:iso-8859-3',
    '88593 913 cp913 csisolatin3 iso88593 iso88593:1988 isoir109 l3 latin3 windows28593',
  ],
  [
    'ibm-914_P100-1995',
    'icu:iso-8859-4',
    '88594 914 cp914 csisolatin4 iso88594 iso88594:1988 isoir110 l4 latin4 windows28594',
  ],
  [
    'ibm-915_P100-1995',
    'icu:iso-8859-5',
    '88595 915 cp915 csisolatincyrillic cyrillic iso88595 iso88595:1988 isoir144 windows28595',
  ],
  [
    'ibm-1089_P100-1995',
    'icu:iso-8859-6',
    '1089 88596 arabic asmo708 cp1089 csisolatinarabic ecma114 iso88596 iso88596:1987 iso88596e iso88596i isoir127 windows28596',
  ],
  [
    'ibm-9005_X110-2007',
    'icu:iso-8859-7',
    '813 88597 cp813 csisolatingreek ecma118 elot928 greek greek8 ibm813 iso88597 iso88597:1987 isoir126 suneugreek windows28597',
  ],
  [
    'ibm-5012_P100-1999',
    'icu:iso-8859-8',
    '88598 916 cp916 csisolatinhebrew hebrew hebrew8 ibm916 iso88598 iso88598:1988 iso88598e iso88598i isoir138 windows28598',
  ],
  [
    'ibm-920_P100-1995',
    'iconv:iso-8859-9',
    '88599 920 cp920 csisolatin5 ecma128 iso88599 iso88599:1989 isoir148 l5 latin5 turkish turkish8 windows28599',
  ],
  ['iso-8859_10-1998', 'icu:iso-8859-10', 'csisolatin6 iso885910 iso885910:1992 isoir157 l6 latin6'],
  ['iso-8859_11-2001', 'iconv:iso-8859-11', 'iso885911 thai8 xiso885911'],
  ['ibm-921_P100-1995', 'icu:iso-8859-13', '885913 921 cp921 iso885913 windows28603'],
  ['iso-8859_14-1998', 'icu:iso-8859-14', 'iso885914 iso885914:1998 isoceltic isoir199 l8 latin8'],
  [
    'ibm-923_P100-1998',
    'icu:iso-8859-15',
    '885915 923 cp923 csisolatin0 csisolatin9 iso885915 iso885915fdis l9 latin0 latin9 windows28605',
  ],
  ['ibm-5346_P100-1998', 'icu:windows-1250', 'cp1250 windows1250'],
  ['ibm-5347_P100-1998', 'icu:windows-1251', 'ansi1251 cp1251 windows1251'],
  ['ibm-5348_P100-1997', 'windows-1252', 'cp1252 windows1252'],
  ['ibm-5349_P100-1998', 'icu:windows-1253', 'cp1253 windows1253'],
  ['ibm-5350_P100-1998', 'icu:windows-1254', 'cp1254 windows1254'],
  ['ibm-9447_P100-2002', 'icu:windows-1255', 'cp1255 windows1255'],
  ['ibm-9448_X100-2005', 'icu:windows-1256', 'cp1256 windows1256 xwindows1256s'],
  ['ibm-9449_P100-2002', 'icu:windows-1257', 'cp1257 windows1257'],
  ['ibm-5354_P100-1998', 'icu:windows-1258', 'cp1258 windows1258'],
  ['windows-874-2000', 'icu:windows-874', 'ms874 windows874 xwindows874'],
  ['ibm-874_P100-1995', 'iconv:tis620', 'cp874 eucth ibm874 tis620 tis620.2533'],
  ['ibm-878_P100-1996', 'icu:koi8-r', 'cp878 cskoi8r koi8 koi8r windows20866'],
  ['ibm-1168_P100-2002', 'icu:koi8-u', 'koi8u windows21866'],
  ['ibm-866_P100-1995', 'icu:ibm866', '866 cp866 csibm866 windows866'],
  ['macos-0_2-10.2', 'icu:macintosh', 'csmacintosh mac macintosh macroman windows10000 xmacroman'],
  ['macos-7_3-10.2', 'icu:x-mac-cyrillic', 'maccy maccyrillic windows10007 xmaccyrillic xmacukraine'],
  ['macos-6_2-10.4', 'iconv:macgreek', 'macgr windows10006 xmacgreek'],
  [
    'macos-29-10.2',
    'iconv:maccenteuro',
    'macce maccentraleurope windows10029 xmacce xmaccentraleurope xmaccentraleurroman',
  ],
  ['macos-35-10.2', 'iconv:macturkish', 'mactr windows10081 xmacturkish'],
  ['gb18030', 'icu:gb18030', 'gb180302000 ibm1392 windows54936'],
  ['windows-936-2000', 'icu:gbk', 'cp936 gbk ms936 windows936'],
  ['ibm-1383_P110-1999', 'icu:gbk', '1383 cp1383 csgb2312 euccn gb2312 hp15cn ibmeuccn'],
  ['ibm-1386_P100-2001', 'icu:gbk', 'cp1386'],
  ['HZ', 'hz', 'hzgb2312'],
  ['windows-950-2000', 'icu:big5', 'big5 big5cp950 csbig5 ms950 twbig5 xbig5 xwindows950'],
  ['ibm-1373_P100-2002', 'icu:big5', 'windows950'],
  ['ibm-950_P110-1999', 'icu:big5', '950 cp950'],
  ['ibm-1375_P100-2008', 'iconv:big5hkscs', 'big5hk big5hkscs big5hkscs:unicode hkscsbig5'],
  [
    'ibm-943_P15A-2003',
    'icu:shift_jis',
    'cp943c csshiftjis cswindows31j ms932 mskanji pck shiftjis sjis windows31j windows932 xjisautodetect xmscp932 xsjis',
  ],
  ['ibm-943_P130-1999', 'icu:shift_jis', '943 cp943'],
  ['ibm-942_P12A-1999', 'icu:shift_jis', 'cp932 ibm932 shiftjis78 sjis78'],
  ['euc-jp-2007', 'icu:euc-jp', 'cseucpkdfmtjapanese eucjis eucjp extendedunixcodepackedformatforjapanese ujis xeucjp'],
  ['ibm-33722_P12A_P12A-2009_U2', 'icu:euc-jp', 'ibmeucjp'],
  ['ISO_2022,locale=ja,version=0', 'icu:iso-2022-jp', 'csiso2022jp iso2022jp xwindows50220 xwindowsiso2022jp'],
  ['ISO_2022,locale=ja,version=1', 'icu:iso-2022-jp', 'csjisencoding iso2022jp1 jis jisencoding xwindows50221'],
  ['ISO_2022,locale=ja,version=2', 'icu:iso-2022-jp', 'csiso2022jp2 iso2022jp2'],
  ['ISO_2022,locale=ko,version=0', 'iso-2022-kr', 'csiso2022kr iso2022kr'],
  ['ibm-970_P110_P110-2006_U2', 'icu:euc-kr', '5601 970 cp970 cseuckr euckr ibmeuckr ksc5601 windows51949'],
  ['ibm-1363_P11B-1998', 'iconv:cp949', 'cp1363 csksc56011987 isoir149 korean ksc ksc56011987 ksc56011989 windows949'],
  ['windows-949-2000', 'iconv:cp949', 'ms949 xksc5601'],
  ['ibm-949_P11A-1999', 'iconv:cp949', 'cp949c ibm949'],
  ['ibm-949_P110-1999', 'iconv:cp949', '949 cp949'],
  ['ibm-437_P100-1995', 'iconv:cp437', '437 cp437 cspc8codepage437 windows437'],
  ['ibm-720_P100-1997', 'iconv:cp720', 'dos720 windows720'],
  ['ibm-737_P100-1997', 'iconv:cp737', '737 cp737 windows737'],
  ['ibm-775_P100-1996', 'iconv:cp775', '775 cp775 cspc775baltic windows775'],
  ['ibm-850_P100-1995', 'iconv:cp850', '850 cp850 cspc850multilingual windows850'],
  ['ibm-852_P100-1995', 'iconv:cp852', '852 cp852 cspcp852 windows852'],
  ['ibm-855_P100-1995', 'iconv:cp855', '855 cp855 csibm855 cspcp855 windows855'],
  ['ibm-856_P100-1995', 'iconv:cp856', '856 cp856'],
  ['ibm-857_P100-1995', 'iconv:cp857', '857 cp857 csibm857 windows857'],
  ['ibm-858_P100-1997', 'iconv:cp858', 'ccsid858 cp858 pcmultilingual850+euro windows858 ccsid00858 ibm00858'],
  ['ibm-860_P100-1995', 'iconv:cp860', '860 cp860 csibm860'],
  ['ibm-861_P100-1995', 'iconv:cp861', '861 cp861 cpis csibm861 windows861'],
  ['ibm-862_P100-1995', 'iconv:cp862', '862 cp862 cspc862latinhebrew dos862 windows862'],
  ['ibm-863_P100-1995', 'iconv:cp863', '863 cp863 csibm863'],
  ['ibm-864_X110-1999', 'iconv:cp864', 'cp864 csibm864'],
  ['ibm-865_P100-1995', 'iconv:cp865', '865 cp865 csibm865'],
  ['ibm-869_P100-1995', 'iconv:cp869', '869 cp869 cpgr csibm869 windows869'],
  ['ibm-922_P100-1999', 'iconv:cp922', '922 cp922'],
  ['ibm-1124_P100-1996', 'iconv:cp1124', '1124 cp1124'],
  ['ibm-1125_P100-1997', 'iconv:cp1125', 'cp1125'],
  ['ibm-1051_P100-1995', 'iconv:hproman8', 'cshproman8 hproman8 r8 roman8 xroman8'],
  ['ISO-8859-16', 'icu:iso-8859-16', 'iso885916 latin10 isoir226 l10'],
];

const byAlias = new Map<string, string>();
const decoders = new Map<string, CharsetDecoder>();
for (const [name, decoder, aliases] of table) {
  decoders.set(name, decoder);
  byAlias.set(comparable(name), name);
  const page = /^ibm-(\d+)_/.exec(name)?.[1];
  if (page !== undefined) byAlias.set(`ibm${page}`, name);
  for (const alias of aliases.split(' ')) byAlias.set(alias, name);
}

/** Names are the same whatever their case, dashes, underlines, blanks and leading zeros of numbers (ICU: ucnv_io). */
function comparable(name: string): string {
  return lowerAscii(name)
    .replace(/[-_ ]/g, '')
    .replace(/(?<![0-9])0+(?=[0-9])/g, '');
}

/**
 * The one name of a charset (rspamd: src/libmime/mime_encoding.c:rspamd_mime_detect_charset).
 * @returns undefined where nobody knows it
 */
export function canonicalCharset(label: ByteString): string | undefined {
  let start = 0;
  let end = label.length;
  while (start < end && !isAlnum(label.charCodeAt(start))) start++;
  while (end > start && !isAlnum(label.charCodeAt(end - 1))) end--;
  return byAlias.get(comparable(label.slice(start, end)));
}

/** @param canonical a name as `canonicalCharset` gives it */
export function decoderOf(canonical: string): CharsetDecoder | undefined {
  return decoders.get(canonical);
}
