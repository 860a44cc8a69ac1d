import type { ByteString } from '../bytes.ts';
import { fromText } from '../utf8.ts';

/** Characters of an encoding by their codes, UTF-8; empty where there is none. */
export type Encoding = readonly ByteString[];

const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => at + 0x20));

/** @param upper from code 160 or 128 on; a line feed is a code without a character */
function encoding(lower: string, upper: string): Encoding {
  const codes = '\n'.repeat(0x20) + lower;
  const all = codes + '\n'.repeat(0x100 - codes.length - upper.length) + upper;
  return [...all].map((c) => (c === '\n' ? '' : fromText(c)));
}

/** ISO 32000-1, annex D.2. */
export const standardEncoding = encoding(
  ascii.replace("'", '’').replace('`', '‘'),
  "\n¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\n–†‡·\n¶•‚„”»…‰\n¿\n`´ˆ˜¯˘˙¨\n˚¸\n˝˛ˇ—\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nÆ\nª\n\n\n\nŁØŒº\n\n\n\n\næ\n\n\nı\n\nłøœß\n\n\n\n",
);

/** Codes that the annex leaves open are bullets; the blank and the hyphen that do not break are plain ones. */
const winAnsi = encoding(ascii, `€•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ ${codes(0xa1, 0xac)}-${codes(0xae, 0xff)}`);

const macRoman = encoding(
  ascii,
  'ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»… ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄¤‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ',
);

function codes(from: number, to: number): string {
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, at) => from + at));
}

/** @param name in any case */
export function encodingNamed(name: ByteString): Encoding | undefined {
  return named.get(name.replace(/^\//, '').toLowerCase());
}

const named = new Map([
  ['standardencoding', standardEncoding],
  ['winansiencoding', winAnsi],
  ['macromanencoding', macRoman],
]);

/** Names of characters that are not one letter (Adobe Glyph List). */
const characters = new Map([
  ['space', ' '],
  ['nbspace', '\u00a0'],
  ['apple', '\uf8ff'],
  ...(
    'AE=Æ Aacute=Á Acircumflex=Â Adieresis=Ä Agrave=À Aring=Å Atilde=Ã Ccedilla=Ç Delta=∆ Eacute=É Ecircumflex=Ê ' +
    'Edieresis=Ë Egrave=È Eth=Ð Euro=€ Iacute=Í Icircumflex=Î Idieresis=Ï Igrave=Ì Lslash=Ł Ntilde=Ñ OE=Œ Oacute=Ó ' +
    'Ocircumflex=Ô Odieresis=Ö Ograve=Ò Omega=Ω Oslash=Ø Otilde=Õ Scaron=Š Thorn=Þ Uacute=Ú Ucircumflex=Û Udieresis=Ü ' +
    'Ugrave=Ù Yacute=Ý Ydieresis=Ÿ Zcaron=Ž aacute=á acircumflex=â acute=´ adieresis=ä ae=æ agrave=à ampersand=& ' +
    'approxequal=≈ aring=å asciicircum=^ asciitilde=~ asterisk=* at=@ atilde=ã backslash=\\ bar=| ' +
    'braceleft={ braceright=} bracketleft=[ bracketright=] breve=˘ brokenbar=¦ bullet=• caron=ˇ ccedilla=ç cedilla=¸ ' +
    'cent=¢ circumflex=ˆ colon=: comma=, copyright=© currency=¤ dagger=† daggerdbl=‡ degree=° dieresis=¨ divide=÷ ' +
    'dollar=$ dotaccent=˙ dotlessi=ı eacute=é ecircumflex=ê edieresis=ë egrave=è eight=8 ellipsis=… emdash=— endash=– ' +
    'equal== eth=ð exclam=! exclamdown=¡ fi=ﬁ five=5 fl=ﬂ florin=ƒ four=4 fraction=⁄ germandbls=ß grave=` greater=> ' +
    'greaterequal=≥ guillemotleft=« guillemotright=» guilsinglleft=‹ guilsinglright=› hungarumlaut=˝ hyphen=- iacute=í ' +
    'icircumflex=î idieresis=ï igrave=ì infinity=∞ integral=∫ less=< lessequal=≤ logicalnot=¬ lozenge=◊ lslash=ł ' +
    'macron=¯ mu=µ multiply=× nine=9 notequal=≠ ntilde=ñ numbersign=# oacute=ó ocircumflex=ô odieresis=ö ' +
    'oe=œ ogonek=˛ ograve=ò one=1 onehalf=½ onequarter=¼ ordfeminine=ª ordmasculine=º oslash=ø otilde=õ ' +
    'paragraph=¶ parenleft=( parenright=) partialdiff=∂ percent=% period=. periodcentered=· perthousand=‰ pi=π plus=+ ' +
    'plusminus=± product=∏ question=? questiondown=¿ quotedbl=" quotedblbase=„ quotedblleft=“ quotedblright=” ' +
    "quoteleft=‘ quoteright=’ quotesinglbase=‚ quotesingle=' radical=√ registered=® ring=˚ scaron=š section=§ " +
    'semicolon=; seven=7 six=6 slash=/ sterling=£ summation=∑ thorn=þ three=3 threequarters=¾ tilde=˜ ' +
    'trademark=™ two=2 uacute=ú ucircumflex=û udieresis=ü ugrave=ù underscore=_ yacute=ý ydieresis=ÿ yen=¥ zcaron=ž zero=0'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const),
]);

/**
 * The character that a glyph is named for, UTF-8; undefined for names that only number it
 * (rspamd: src/libmime/pdf_glyphs.cxx:glyph_name_to_unicode).
 */
export function characterNamed(given: ByteString): ByteString | undefined {
  const name = given.replace(/^\//, '').replace(/(?<=.)\..*$/s, '');
  if (/^[A-Za-z]$/.test(name)) return name;
  const known = characters.get(name);
  if (known !== undefined) return fromText(known);
  const digits = /^(?:uni([0-9a-f]{4})|u([0-9a-f]{4,6}))$/i.exec(name);
  if (digits === null || !name.startsWith('u')) return undefined;
  const code = Number.parseInt(digits[1] ?? digits[2] ?? '', 16);
  return code !== 0 && isCharacter(code) ? fromText(String.fromCodePoint(code)) : undefined;
}

/** Neither half of a pair nor set aside. */
export function isCharacter(code: number): boolean {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  return !(code >= 0xfdd0 && code <= 0xfdef) && (code & 0xfffe) !== 0xfffe;
}
