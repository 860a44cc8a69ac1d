/** SMTP replies as milter packets carry them, and other texts that an MTA shows or logs. On byte strings. */

const limits = {
  /** RFC 5321 section 4.5.3.1.5: 512 bytes with CRLF. */
  lineBytes: 510,
  /** What libmilter allows (smfi_setmlreply). */
  lines: 32,
} as const;

/**
 * `ddd x.y.z text`. Line breaks make a multi-line reply, long lines are broken, control bytes dropped, and every `%` is
 * doubled: Sendmail and Postfix take it for a format.
 *
 * @param code reply code and enhanced status code, whose first digits agree
 */
export function replyText(code: readonly [reply: string, status: string], text: string): string {
  const [reply, status] = code;
  const room = limits.lineBytes - reply.length - status.length - 2;
  const lines = printableLines(text)
    .flatMap((line) => broken(line, room))
    .slice(0, limits.lines);
  const last = lines.length - 1;
  return lines
    .map((line, at) => `${reply}${at === last ? ' ' : '-'}${status} ${line.replaceAll('%', '%%')}`)
    .join('\r\n');
}

/** A text on one line without control bytes, such as the reason of a quarantine. */
export function oneLine(text: string): string {
  return printableLines(text).join(' ');
}

/** At least one line; empty lines are left out. */
function printableLines(text: string): string[] {
  const lines = text
    .replaceAll('\t', ' ')
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[\0-\x1f\x7f]/g, ''))
    .filter((line) => line !== '');
  return lines.length > 0 ? lines : [''];
}

/** Breaks at a blank where there is one, and never inside a UTF-8 character. */
function broken(line: string, room: number): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > room) {
    const blank = rest.lastIndexOf(' ', room);
    const end = blank > 0 ? blank : characterStart(rest, room);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(blank > 0 ? end + 1 : end);
  }
  return [...pieces, rest];
}

/** The last place at or before `at` where a character begins. */
function characterStart(bytes: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < 4 && (bytes.charCodeAt(start) & 0xc0) === 0x80) start--;
  return start > 0 && at - start < 4 ? start : at;
}
