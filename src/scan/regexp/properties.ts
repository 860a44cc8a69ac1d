/** General categories, by PCRE's names. */
const categories = new Set(
  'C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(' '),
);

const special: Readonly<Record<string, string>> = {
  any: '[^]',
  'l&': '[\\p{Ll}\\p{Lu}\\p{Lt}]',
  lc: '[\\p{Ll}\\p{Lu}\\p{Lt}]',
  xan: '[\\p{L}\\p{N}]',
  xsp: '[\\s\\x85\\u180e]',
  xps: '[\\s\\x85\\u180e]',
  xwd: '[\\p{L}\\p{N}_]',
  xuc: '[$@`\\xa0-\\ud7ff\\ue000-\\u{10ffff}]',
};

/**
 * A property of characters as JavaScript writes it: a category, a script (with the scripts that share the character, as
 * PCRE2 has it since 10.40), or one that is yes or no.
 * @returns undefined where there is none of that name
 */
export function propertyOf(given: string): string | undefined {
  const name = given.replace(/[\s_-]/g, '');
  const known = special[name.toLowerCase()];
  if (known !== undefined) return known;
  const category = [...categories].find((one) => one.toLowerCase() === name.toLowerCase());
  if (category !== undefined) return `\\p{${category}}`;
  const [key = '', value] = given.split(/[=:]/).map((part) => part.trim());
  const script = (value ?? key)
    .toLowerCase()
    .split(/[\s_-]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('_');
  const kind = /^(?:sc|script)$/i.test(key) && value !== undefined ? 'sc' : 'scx';
  return [`\\p{${kind}=${script}}`, `\\p{${script}}`].find(isKnown);
}

function isKnown(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch {
    return false;
  }
}
