const isPlain = (byte: number): boolean =>
  (byte >= 33 && byte <= 126 && byte !== 61) || byte === 13 || byte === 10 || byte === 32 || byte === 9;

const escaped = (byte: number): string => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/**
 * Quoted-printable with soft line ends (rspamd: src/libutil/str_util.c:rspamd_encode_qp_fold).
 * @param width characters of a line; 0 for no soft line ends
 */
export function toQuotedPrintable(bytes: string, width: number, end: string): string {
  const soft = `=${end}`;
  let out = '';
  let span = 0;
  let spaces = 0;
  let lastSpace = 0;
  const isFull = (room: number): boolean => width > 0 && span + room >= width;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes.charCodeAt(at);
    const hasMore = at + 1 < bytes.length;
    if (isPlain(byte)) {
      if (byte === 13 || byte === 10) {
        if (spaces > 0) {
          // a space at the end of a line must not stand there as it is
          out = out.slice(0, -1);
          if (isFull(4)) {
            if (hasMore || span + 3 >= width) out += soft;
            span = 0;
          } else {
            spaces = 0;
          }
          out += escaped(lastSpace);
          if (span === 0) spaces = 0;
          continue;
        }
        span = 0;
      } else if (byte === 32 || byte === 9) {
        spaces++;
        lastSpace = byte;
        span++;
      } else {
        spaces = 0;
        span++;
      }
      out += bytes[at];
    } else {
      if (isFull(4) && (hasMore || span + 3 >= width)) {
        out += soft;
        span = 0;
      }
      out += escaped(byte);
      span += 3;
      spaces = 0;
    }
    if (isFull(1) && (hasMore || span > width || spaces > 0)) {
      out += soft;
      span = 0;
      spaces = 0;
    }
    at++;
  }
  return spaces > 0 ? out.slice(0, -1) + escaped(lastSpace) : out;
}
