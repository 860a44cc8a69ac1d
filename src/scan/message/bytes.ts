/**
 * Text as bytes: one code unit (0–255) per byte. Everything that comes out of a message is kept in this form until
 * somebody wants to read it; where the bytes are UTF-8 the comment says so.
 */
export type ByteString = string;

/** Blank, tab, line feed, form feed, carriage return; not the vertical tab. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b);
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

export function isAlpha(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

export function isAlnum(byte: number): boolean {
  return isDigit(byte) || isAlpha(byte);
}

/** The value of a hexadecimal digit, -1 for any other byte. */
export function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** A printable ASCII byte other than the blank. */
export function isGraph(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** A byte string with `A`–`Z` in lower case; every other byte stays. */
export function lowerAscii(bytes: ByteString): ByteString {
  return /[\xc0-\xde]/.test(bytes) ? bytes.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : bytes.toLowerCase();
}

export function has8Bit(bytes: ByteString): boolean {
  return /[\x80-\xff]/.test(bytes);
}

/** Bytes of a buffer as a byte string. */
export function bytesOf(buffer: Uint8Array): ByteString {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('latin1');
}

/** @returns the byte string without the characters of `set` at both ends */
export function trimSet(bytes: ByteString, set: string): ByteString {
  let start = 0;
  let end = bytes.length;
  while (start < end && set.includes(bytes[start] as string)) start++;
  while (end > start && set.includes(bytes[end - 1] as string)) end--;
  return start === 0 && end === bytes.length ? bytes : bytes.slice(start, end);
}

/** @returns the byte string without blanks (isSpace) at both ends */
export function trimSpace(bytes: ByteString): ByteString {
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes.charCodeAt(start))) start++;
  while (end > start && isSpace(bytes.charCodeAt(end - 1))) end--;
  return start === 0 && end === bytes.length ? bytes : bytes.slice(start, end);
}

/**
 * A decimal number made of digits only.
 * @returns undefined where there is another byte, nothing at all, or more than 64 bits hold
 */
export function parseDecimal(bytes: ByteString): number | undefined {
  if (bytes.length === 0 || bytes.length > 20 || !/^[0-9]+$/.test(bytes)) return undefined;
  const value = Number(bytes);
  return value < 2 ** 64 ? value : undefined;
}
