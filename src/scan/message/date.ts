import type { ByteString } from './bytes.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Hours east of Greenwich of the zone names that count (RFC 5322, 4.3); one letter is Greenwich, too. */
const zones: Readonly<Record<string, number>> = {
  UT: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

const grammar =
  /^(?: *(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),)? *(\d{1,2}) +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{2,4}) +(\d\d):(\d\d)(?::(\d\d))? +(?:([+-])(\d{2})(\d{2})|(UT|GMT|[ECMP][SD]T|[a-ik-zA-IK-Z])) */;

/**
 * A date as RFC 5322, 3.3 has it, and strictly so: names in their usual case, blanks but no tabs, a zone
 * (rspamd: src/ragel/smtp_date.rl).
 * @returns milliseconds since the epoch, undefined where the text is no date
 */
export function parseMailDate(text: ByteString): number | undefined {
  const match = grammar.exec(text);
  if (match === null || !isTrailer(text.slice(match[0].length))) return undefined;
  const [, day, month = '', year = '', hour, minute, second = '0', sign, hours = '0', minutes = '0', zone] = match;
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return undefined;
  const east = zone === undefined ? Number(hours) * 60 + Number(minutes) : (zones[zone] ?? 0) * 60;
  const utc = Date.UTC(2000, months.indexOf(month), d, h, m, s) - Date.UTC(2000, months.indexOf(month), 1);
  return startOfMonth(fullYear(year), months.indexOf(month)) + utc - (sign === '-' ? -east : east) * 60_000;
}

function startOfMonth(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime();
}

/** Short years: up to 49 this century, others count from 1900. */
function fullYear(text: string): number {
  const year = Number(text);
  if (year >= 1000) return year;
  return year < 50 ? 2000 + year : 1900 + year;
}

/** Comments, balanced and without a backslash, and blanks. */
function isTrailer(text: ByteString): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (depth === 0 ? c !== ' ' : c === '\\' || c < ' ' || c === '\x7f') return false;
    if (depth < 0) return false;
  }
  return depth === 0;
}
