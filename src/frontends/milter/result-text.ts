import type { ScanReply } from '../../message/scan.ts';

/** Gives the bytes of a text of a scan result, as a byte string. */
export type ToBytes = (text: string) => string;

const beyondAscii = /[^\0-\x7f]/;

export function toBytesOf(encoding: ScanReply['encoding']): ToBytes {
  if (encoding === 'latin1') return (text) => text;
  return (text) => (beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text);
}
