/** Names of machines that dial in or share an address, with how sure that is: 5 very, 1 hardly. */
type Form =
  /** Between dots or dashes. */
  | 'D'
  /** A digit follows. */
  | 'F'
  /** A number stands before, with or without a separator. */
  | 'P'
  /** As P, with a separator. */
  | 'S'
  /** A digit stands before. */
  | 'Q';

const words: ReadonlyArray<readonly [weight: number, word: string, forms: string]> = [
  [5, 'nat', 'PDF'],
  [5, 'homeuser', 'PDF'],
  [5, 'pppoe', 'PF'],
  [5, 'dynamic', 'PDF'],
  [5, 'catv', 'PDF'],
  [5, 'comcast', 'PF'],
  [5, 'broadband', 'DFS'],
  [5, 'bredband', 'PD'],
  [5, 'brodband', 'F'],
  [5, 'broad', 'DFQ'],
  [5, 'wifi', 'DFQ'],
  [5, 'dynip', 'FS'],
  [5, 'gprs', 'DFS'],
  [5, 'cdma', 'DFS'],
  [5, 'ppp', 'PDF'],
  [5, 'dhcp', 'DFQ'],
  [5, 'dial-?up', 'PDF'],
  [5, 'cablemodem', 'PDF'],
  [5, 'modem', 'DFS'],
  [5, 'pptp', 'PDF'],
  [5, '[ax|]?dsl-dynamic', 'PD'],
  [5, 'dyn', 'S'],
  [4, 'fbx', 'DFQ'],
  [4, 'pool', 'PDF'],
  [4, 'fibertel', 'PDF'],
  [4, 'in-?addr', 'PDF'],
  [4, '[ax|]?dsl(?:-line)?', 'PD'],
  [3, 'kabel', 'DFQ'],
  [3, 'cable', 'DFS'],
  [3, 'unused-addr', 'PDF'],
  [2, 'host', 'PDF'],
  [1, 'peer', 'PDF'],
  [1, 'user', 'PDF'],
  [1, 'customers?', 'PDF'],
  [1, 'clients?', 'D'],
  [1, 'vps', 'D'],
];

const shapes: Readonly<Record<Form, (word: string) => string>> = {
  D: (word) => `[.-]${word}[.-]`,
  F: (word) => `${word}[.-][0-9]`,
  P: (word) => `[-.0-9][0-9][.-]?${word}`,
  S: (word) => `[-.0-9][0-9][.-]${word}`,
  Q: (word) => `[0-9][.-]?${word}`,
};

const special: ReadonlyArray<readonly [weight: number, pattern: string]> = [
  [5, '[-.0-9][.-](?:pppoe|dynip)[.-]'],
  [5, 'clients?[.-][0-9]{2,}'],
  [5, '[-.0-9][0-9]{3,}[.-]?clients?'],
  [5, 'dyn[.-][0-9][-.0-9]'],
  [5, '[ax|]?dsl-dynamic[.-]?[0-9]'],
  [4, '[ax|]?dsl(?:-line)?[.-]?[0-9]'],
];

/** One pattern for each weight, the heaviest first. */
const patterns: ReadonlyArray<readonly [weight: number, pattern: RegExp]> = [5, 4, 3, 2, 1].map((weight) => {
  const own = words
    .filter(([of]) => of === weight)
    .flatMap(([, word, forms]) => [...forms].map((form) => shapes[form as Form](word)));
  const more = special.filter(([of]) => of === weight).map(([, pattern]) => pattern);
  return [weight, new RegExp([...own, ...more].join('|'), 'i')] as const;
});

/** @returns 0 for a name that tells nothing */
export function weightOfName(name: string): number {
  return patterns.find(([, pattern]) => pattern.test(name))?.[0] ?? 0;
}

/** What only a machine at home calls itself: a name without dots, or one that is none outside. */
const homely = [
  /^[^.]+$/,
  /^(?:dsl)?(?:device|speedtouch)\.lan$/i,
  /\.(?:lan|local|home|localdomain|intra|in-addr.arpa|priv|user|veloxzon)$/i,
];

export function weightOfHelo(helo: string): number {
  return homely.some((pattern) => pattern.test(helo)) ? 5 : weightOfName(helo);
}

const private4 =
  /^(?:\d+\.\d+\.\d+\.255$|(?:0|10|127)\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|192\.0\.[02]\.\d+|192\.88\.99\.\d+|172\.(?:1[6-9]|2[0-9]|3[01])\.\d+\.\d+|169\.254\.\d+\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|100.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+)/i;
const private6 = /^(?:::1$|2001:db8::|ffxx::|fc00::|fe[cdf][0-9a-f]:|fe[89ab][0-9a-f]::)/i;

/** An address that nobody has on the Internet. */
export function isBadAddress(helo: string): boolean {
  return private4.test(helo) || private6.test(helo);
}

export function isBareAddress(helo: string): boolean {
  return /^\d+[x.-]\d+[x.-]\d+[x.-]\d+$/i.test(helo) || /^[0-9a-f]+:/i.test(helo);
}

/** A name of two labels or more that DNS can have. */
export function isFullName(host: string): boolean {
  if (host.length < 4 || host.length > 253) return false;
  const labels = host.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return (
    labels.length > 1 &&
    labels.every((label) => /^[a-zA-Z0-9-]{1,63}$/.test(label)) &&
    labels.slice(0, -1).every((label) => !label.startsWith('-') && !label.endsWith('-')) &&
    last.length >= 2
  );
}
