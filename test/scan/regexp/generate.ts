/** Patterns and subjects by chance, from a small alphabet so that they meet. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state >>>= 0;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % limit;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const bytes = ['a', 'b', 'c', 'A', 'B', '1', '_', ' ', '-', '.'];
const characters = [...bytes, 'é', 'É', 'ж', 'Ж', '€', '😀', 'ß', 'k', '\u212a'];
const breaks = ['\n', '\r\n', '\r'];
const types = ['\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\h', '\\v', '\\N', '.', '.', '\\R'];
const classes = [
  '[ab]',
  '[^ab]',
  '[a-c]',
  '[^\\w]',
  '[\\d_-]',
  '[[:alpha:]1]',
  '[^[:upper:]]',
  '[\\s.]',
  '[]a]',
  '[^]b]',
];
const assertions = ['^', '$', '\\b', '\\B', '\\A', '\\Z', '\\z'];
const quantifiers = [
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '*+',
  '++',
  '?+',
  '{2}',
  '{1,2}',
  '{0,2}?',
  '{2,}',
  '{,2}',
  '{1,3}+',
];

export interface GeneratedCase {
  readonly pattern: string;
  /** Of `imsxu`. */
  readonly flags: string;
  readonly subjects: readonly string[];
}

export function generateCase(chance: Chance): GeneratedCase {
  const utf = chance.below(3) === 0;
  const flags = [...'imsx'].filter(() => chance.below(4) === 0).join('') + (utf ? 'u' : '');
  const generator = new PatternGenerator(chance, utf ? characters : bytes, utf);
  const pattern = generator.alternatives(3);
  const subjects = Array.from({ length: 6 }, () => subjectOf(chance, utf ? characters : bytes));
  return { pattern, flags, subjects };
}

function subjectOf(chance: Chance, alphabet: readonly string[]): string {
  let text = '';
  for (let left = 1 + chance.below(14); left > 0; left--)
    text +=
      chance.below(8) === 0 ? chance.of(breaks) : chance.of(alphabet.slice(0, chance.below(2) === 0 ? 4 : undefined));
  return text;
}

class PatternGenerator {
  readonly #chance: Chance;
  readonly #alphabet: readonly string[];
  readonly #utf: boolean;
  #groups = 0;

  constructor(chance: Chance, alphabet: readonly string[], utf: boolean) {
    this.#chance = chance;
    this.#alphabet = alphabet;
    this.#utf = utf;
  }

  alternatives(depth: number): string {
    const count = this.#chance.below(4) === 0 ? 2 : 1;
    return Array.from({ length: count }, () => this.#sequence(depth)).join('|');
  }

  #sequence(depth: number): string {
    let text = '';
    for (let left = this.#chance.below(4) + (depth > 1 ? 1 : 0); left > 0; left--) text += this.#piece(depth);
    return text;
  }

  #piece(depth: number): string {
    const kind = this.#chance.below(20);
    if (kind < 2) return this.#chance.of(assertions);
    const atom = this.#atom(depth);
    if (this.#chance.below(3) > 0 || /^\(\?-?i\)$/.test(atom) || atom === '\\K') return atom;
    return atom + this.#chance.of(quantifiers);
  }

  #atom(depth: number): string {
    const chance = this.#chance;
    const kind = chance.below(depth > 0 ? 18 : 8);
    if (kind < 4) return escaped(chance.of(this.#alphabet));
    if (kind < 6) return chance.of(types);
    if (kind < 8) return chance.of(classes);
    switch (kind) {
      case 8:
      case 9:
      case 10: {
        this.#groups++;
        return `(${this.alternatives(depth - 1)})`;
      }
      case 11:
        return `(?:${this.alternatives(depth - 1)})`;
      case 12:
        return `(?>${this.alternatives(depth - 1)})`;
      case 13:
        return `(?${chance.of(['=', '!'])}${this.alternatives(depth - 1)})`;
      case 14:
        return `(?${chance.of(['<=', '<!'])}${escaped(chance.of(this.#alphabet))}${chance.of(['', 'a', '\\w', '|b'])})`;
      case 15:
        return this.#groups > 0 ? `\\${1 + chance.below(this.#groups)}` : 'a';
      case 16:
        if (this.#utf && chance.below(2) === 0) return chance.of(['\\p{L}', '\\P{Lu}', '\\p{Ll}', '\\X', '\\x{e9}']);
        if (this.#groups > 0 && chance.below(2) === 0)
          return `(?(${1 + chance.below(this.#groups)})${chance.of(['a', 'b', ''])}|${chance.of(['c', '.'])})`;
        return chance.of(['\\K', '(?i)', '(?-i)', '(?i:a)', '\\Qa.b\\E', '\\x41', '(?s:.)', '(?#x)a']);
      default:
        return `(?:${escaped(chance.of(this.#alphabet))}|${escaped(chance.of(this.#alphabet))})`;
    }
  }
}

function escaped(char: string): string {
  return /[.-]/.test(char) ? `\\${char}` : char;
}
