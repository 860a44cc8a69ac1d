/**
 * Letters of other scripts, in lower case and in their normal form, that look like a letter of the Latin script (Unicode
 * Technical Standard 39, confusables.txt); code points and ranges of them, hexadecimal.
 */
const letters = `
3b1 3b3 3b9 3bd 3bf 3c1 3c3 3c5 3f3 430-431 433 435 43e 440-441 443 445 455-456 458 461 475 4af 4bb 4bd 4cf 501
51b 51d 561 563 566 570 578 57c-57d 581 584-585 5d5 5d8-5d9 5df 5e1 627 647 6be 6c1 6d5 7ca 7f4-7f5 7fa 97d b20
d20 101d 10e7 10ff 1200 12d0 142f 1433 1438 144a 144c 146d 146f 148d 14aa 14bf 1541 157c-157d 1587 15af 15b4
15c5 15de 15ea 15f0 15f7 16b2 16b7 16c1 16cc 16d5-16d6 1d04 1d0f 1d11 1d1c 1d20-1d22 1d26 1d83 1d8c 2c85 2c9f
2ca3 2ca5 2d38-2d39 2d4f 2d51 2d54-2d55 2d5d 3033 30ce 4e36 4e3f a4d0-a4d4 a4d6-a4d7 a4d9-a4da a4dc-a4dd
a4df-a4e3 a4e6-a4e7 a4ea-a4ec a4ee a4f0 a4f2-a4f4 a4f8-a4f9 a4fd a647 a6df a731 a778 a78c a799 a79f ab32 ab35
ab3d ab47-ab48 ab4e ab52 ab5a ab75 ab81 ab83 ab93 aba9-abaa abaf 10282 10286-10287 1028a 10290 10292 10295-10297
1029b 102a0-102a2 102a5 102ab 102b0-102b2 102b4 102cf 10301-10302 10309 10311 10315 10317 1031a 1031f 1042c
1043d 10448 104ea 104f6 10513 10516 10518 1051c-1051d 10525-10527 11706 1170a 1170e-1170f 118c0-118c4 118c6
118c8 118ca 118cc 118d5-118d8 118dc 16f08 16f0a 16f16 16f28 16f35 16f3a-16f3b 16f3f-16f40 16f42-16f43
`;

const set = new Set(
  letters
    .trim()
    .split(/\s+/)
    .flatMap((text) => {
      const [first = '', last = first] = text.split('-');
      const start = Number.parseInt(first, 16);
      return Array.from({ length: Number.parseInt(last, 16) - start + 1 }, (_, at) => start + at);
    }),
);

export function looksLatin(code: number): boolean {
  return set.has(code);
}
