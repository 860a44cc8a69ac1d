import type { ByteString } from '../bytes.ts';
import type { Budget } from './budget.ts';
import { type CharacterMap, readCharacterMap } from './cmap.ts';
import { characterNamed, type Encoding, encodingNamed, standardEncoding } from './glyphs.ts';
import { dictOf, PdfObject, type PdfObjects, type Resolved } from './objects.ts';
import type { PdfDict, PdfValue } from './syntax.ts';

/** How the codes of a font become text: a map for those of several bytes, or an encoding of bytes. */
export type FontCodes = { readonly map: CharacterMap } | { readonly encoding: Encoding };

export const plainFont: FontCodes = { encoding: standardEncoding };

/** The fonts of one file, each read once (rspamd: lualib/lua_content/pdf.lua:font_decoder_of). */
export class Fonts {
  readonly #objects: PdfObjects;
  readonly #budget: Budget;
  readonly #known = new Map<PdfObject | PdfValue, FontCodes>();

  constructor(objects: PdfObjects, budget: Budget) {
    this.#objects = objects;
    this.#budget = budget;
  }

  /** @param resources where the font has that name */
  find(resources: PdfDict | undefined, name: ByteString): FontCodes {
    const fonts = dictOf(this.#objects.resolve(resources?.get('Font')));
    const font = this.#objects.resolve(fonts.get(name));
    if (typeof font !== 'object') return plainFont;
    let codes = this.#known.get(font);
    if (codes === undefined) {
      codes = this.#read(dictOf(font));
      this.#known.set(font, codes);
    }
    return codes;
  }

  #read(dict: PdfDict): FontCodes {
    const map = this.#mapOf(this.#objects.resolve(dict.get('ToUnicode')));
    if (map !== undefined) return { map };
    const written = this.#objects.resolve(dict.get('Encoding'));
    const encoding = dictOf(written);
    const base = typeof written === 'string' ? written : encoding.get('BaseEncoding');
    const codes = (typeof base === 'string' ? encodingNamed(base) : undefined) ?? standardEncoding;
    return { encoding: withDifferences(codes, this.#objects.resolve(encoding.get('Differences'))) };
  }

  #mapOf(written: Resolved): CharacterMap | undefined {
    if (!(written instanceof PdfObject) || dictOf(written).has('UseCMap')) return undefined;
    const program = this.#objects.streamOf(written);
    return program === undefined ? undefined : readCharacterMap(program, this.#budget);
  }
}

/** A number is the code of the name behind it, and each further name has the next one (ISO 32000-1, 9.6.6.1). */
function withDifferences(base: Encoding, differences: Resolved): Encoding {
  if (!Array.isArray(differences)) return base;
  const codes = [...base];
  let code = -1;
  for (const item of differences as readonly PdfValue[]) {
    if (typeof item === 'number') code = Math.trunc(item);
    if (typeof item !== 'string') continue;
    if (code >= 0 && code <= 0xff) codes[code] = characterNamed(item) ?? (codes[code] as ByteString);
    if (code >= 0) code++;
  }
  return codes;
}
