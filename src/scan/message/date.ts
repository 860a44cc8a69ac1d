const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Hours east of Greenwich of the zone names that mail knows (RFC 5322, 4.3). */
const zones: Readonly<Record<string, number>> = {
  ut: 0,
  utc: 0,
  gmt: 0,
  z: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

const grammar =
  /^(?:(mon|tue|wed|thu|fri|sat|sun)\s*,\s*)?(\d{1,2})\s+([a-z]{3})\s+(\d{2,4})\s+(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?\s*(?:([+-])(\d{2})(\d{2})|([a-z]{1,5}))?$/i;

/**
 * A `Date` header (RFC 5322, 3.3 with the obsolete forms of 4.3).
 * @returns milliseconds since the epoch, undefined where the text is no date
 */
export function parseMailDate(text: string): number | undefined {
  const match = grammar.exec(withoutComments(text).replace(/\s+/g, ' ').trim());
  if (match === null) return undefined;
  const [
    ,
    ,
    day,
    monthName = '',
    yearText = '',
    hour,
    minute,
    second = '0',
    sign,
    zoneHours = '0',
    zoneMinutes = '0',
    zoneName = 'gmt',
  ] = match;
  const month = months.indexOf(monthName.toLowerCase());
  const fields = [Number(day), Number(hour), Number(minute), Number(second)] as const;
  if (month < 0 || fields[0] < 1 || fields[0] > 31 || fields[1] > 23 || fields[2] > 59 || fields[3] > 60)
    return undefined;
  const offsetMinutes =
    sign === undefined
      ? (zones[zoneName.toLowerCase()] ?? 0) * 60
      : (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes));
  return Date.UTC(fullYear(yearText), month, fields[0], fields[1], fields[2], fields[3]) - offsetMinutes * 60_000;
}

/** Two digits up to 49 are this century, other short years count from 1900 (RFC 5322, 4.3). */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length >= 4) return year;
  return text.length === 2 && year <= 49 ? 2000 + year : 1900 + year;
}

function withoutComments(text: string): string {
  let depth = 0;
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (c === '\\' && depth > 0) at++;
    else if (c === '(') depth++;
    else if (c === ')' && depth > 0) depth--;
    else if (depth === 0) out += c;
  }
  return out;
}
