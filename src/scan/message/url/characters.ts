const bits = { blank: 1, domain: 2, urlSafe: 4, mailSafe: 8 } as const;

/** Classes of bytes as URLs and addresses in text are read by (rspamd: src/libserver/url.c, url_scanner_table). */
const classes = new Uint8Array(256);

function mark(characters: string, mask: number): void {
  for (const c of characters) {
    const byte = c.charCodeAt(0);
    classes[byte] = (classes[byte] as number) | mask;
  }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
mark('\t\n\v\f\r ', bits.blank);
mark(`${letters}%-.\\^_`, bits.domain | bits.urlSafe | bits.mailSafe);
mark('"{|}~', bits.urlSafe | bits.mailSafe);
mark('<>`', bits.urlSafe);
mark("!#$'*+,/", bits.mailSafe);
for (let byte = 0x80; byte < 0x100; byte++) classes[byte] = bits.urlSafe | bits.domain;

/** Blank, tab, line ends, form feed, vertical tab. */
export function isLinearBlank(byte: number): boolean {
  return ((classes[byte] as number) & bits.blank) !== 0;
}

/** May stand in a host name. */
export function isDomainByte(byte: number): boolean {
  return ((classes[byte] as number) & bits.domain) !== 0;
}

export function isUrlSafe(byte: number): boolean {
  return ((classes[byte] as number) & bits.urlSafe) !== 0;
}

/** May stand in the local part of an address in text. */
export function isMailSafe(byte: number): boolean {
  return ((classes[byte] as number) & bits.mailSafe) !== 0;
}

/** A bracket or a quote that may open around a URL. */
export function isUrlStart(byte: number): boolean {
  return byte === 0x28 || byte === 0x7b || byte === 0x5b || byte === 0x3c || byte === 0x27;
}

/** A bracket or a quote that may close around a URL. */
export function isUrlEnd(byte: number): boolean {
  return byte === 0x29 || byte === 0x7d || byte === 0x5d || byte === 0x3e || byte === 0x27;
}
