/** Letters of other scripts that look like Latin ones (Unicode: confusables.txt, the ones that domains can have). */
const lookalikes = new Map<string, string>(
  Object.entries({
    a: 'аɑα',
    b: 'Ьв',
    c: 'сϲ',
    d: 'ԁɗ',
    e: 'еҽ',
    g: 'ɡց',
    h: 'һհ',
    i: 'іıι',
    j: 'јϳ',
    k: 'кκ',
    l: 'ӏⅼ1|',
    m: 'мⅿ',
    n: 'ոп',
    o: 'оοօσ0',
    p: 'рρ',
    q: 'ԛզ',
    r: 'гг',
    s: 'ѕꜱ',
    t: 'тτ',
    u: 'υսʋ',
    v: 'ѵν',
    w: 'ԝшω',
    x: 'хχ',
    y: 'уүγ',
    z: 'ᴢʐ',
  }).flatMap(([latin, others]) => [...others].map((other) => [other, latin] as const)),
);

/** What a text looks like. */
function skeleton(text: string): string {
  const plain = text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
  return [...plain].map((character) => lookalikes.get(character) ?? character).join('');
}

/** Whether two names that are not the same look alike (Unicode Technical Standard 39, 4). */
export function areConfusable(a: string, b: string): boolean {
  return a !== b && skeleton(a) === skeleton(b);
}

/** Whether a name has characters that nobody sees, or one mark over the other (ibidem, 4.1). */
export function hasInvisible(name: string): boolean {
  return /\p{Default_Ignorable_Code_Point}|(\p{Mn})\1/u.test(name);
}
