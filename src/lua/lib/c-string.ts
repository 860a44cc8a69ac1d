/** A byte string as the system takes names and commands: C's functions read up to the first NUL. */
export function cString(bytes: string): Buffer {
  const end = bytes.indexOf('\0');
  return Buffer.from(end < 0 ? bytes : bytes.slice(0, end), 'latin1');
}
