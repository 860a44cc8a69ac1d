/** C's `struct tm`, `strftime` and `mktime` on JavaScript's dates, in the C locale. */

export interface BrokenTime {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** 0-11 */
  readonly month: number;
  readonly year: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0 is the first of January. */
  readonly yearDay: number;
  readonly isDst: boolean;
  /** Minutes east of Greenwich. */
  readonly offset: number;
  readonly zone: string;
  /** Seconds since 1970. */
  readonly time: number;
}

const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const dayLength = 86_400_000;

/** Offsets of a year's January and July; the larger one is summer time where they differ. */
function summerOffset(year: number): { summer: number; differs: boolean } {
  const [a, b] = [0, 6].map((month) => -new Date(year, month, 1).getTimezoneOffset()) as [number, number];
  return { summer: Math.max(a, b), differs: a !== b };
}

function zoneName(date: Date): string {
  const found = /\(([^)]*)\)/.exec(date.toString())?.[1] ?? '';
  if (found === 'Coordinated Universal Time') return 'UTC';
  const short = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find((part) => part.type === 'timeZoneName');
  return short?.value ?? found;
}

/** Takes a time apart; undefined when it is outside of what can be shown. */
export function breakTime(time: number, isUtc: boolean): BrokenTime | undefined {
  const date = new Date(Math.trunc(time) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const offset = isUtc ? 0 : -date.getTimezoneOffset();
  // a date moved by its offset shows local time in its UTC fields
  const local = new Date(date.getTime() + offset * 60_000);
  const year = local.getUTCFullYear();
  const { summer, differs } = isUtc ? { summer: 0, differs: false } : summerOffset(year);
  const newYear = new Date(0);
  newYear.setUTCFullYear(year, 0, 1);
  return {
    second: local.getUTCSeconds(),
    minute: local.getUTCMinutes(),
    hour: local.getUTCHours(),
    day: local.getUTCDate(),
    month: local.getUTCMonth(),
    year,
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - newYear.getTime()) / dayLength),
    isDst: differs && offset === summer,
    offset,
    zone: isUtc ? 'GMT' : zoneName(date),
    time: Math.trunc(time),
  };
}

const two = (n: number): string => `${n}`.padStart(2, '0');
const spaced = (n: number): string => `${n}`.padStart(2, ' ');

/** ISO 8601 week and the year it belongs to. */
function isoWeek(t: BrokenTime): { week: number; year: number } {
  const weekday = (t.weekday + 6) % 7; // Monday is 0
  const thursday = new Date(Date.UTC(t.year, t.month, t.day - weekday + 3));
  const year = thursday.getUTCFullYear();
  const first = Date.UTC(year, 0, 1);
  return { week: Math.floor((thursday.getTime() - first) / dayLength / 7) + 1, year };
}

const hour12 = (t: BrokenTime): number => t.hour % 12 || 12;

const conversions: Readonly<Record<string, (t: BrokenTime) => string>> = {
  a: (t) => (dayNames[t.weekday] ?? '?').slice(0, 3),
  A: (t) => dayNames[t.weekday] ?? '?',
  b: (t) => (monthNames[t.month] ?? '?').slice(0, 3),
  B: (t) => monthNames[t.month] ?? '?',
  c: (t) => formatTime('%a %b %e %H:%M:%S %Y', t),
  C: (t) => two(Math.floor(t.year / 100)),
  d: (t) => two(t.day),
  D: (t) => formatTime('%m/%d/%y', t),
  e: (t) => spaced(t.day),
  F: (t) => formatTime('%Y-%m-%d', t),
  g: (t) => two(isoWeek(t).year % 100),
  G: (t) => `${isoWeek(t).year}`,
  h: (t) => formatTime('%b', t),
  H: (t) => two(t.hour),
  I: (t) => two(hour12(t)),
  j: (t) => `${t.yearDay + 1}`.padStart(3, '0'),
  k: (t) => spaced(t.hour),
  l: (t) => spaced(hour12(t)),
  m: (t) => two(t.month + 1),
  M: (t) => two(t.minute),
  n: () => '\n',
  p: (t) => (t.hour < 12 ? 'AM' : 'PM'),
  P: (t) => (t.hour < 12 ? 'am' : 'pm'),
  r: (t) => formatTime('%I:%M:%S %p', t),
  R: (t) => formatTime('%H:%M', t),
  s: (t) => `${t.time}`,
  S: (t) => two(t.second),
  t: () => '\t',
  T: (t) => formatTime('%H:%M:%S', t),
  u: (t) => `${t.weekday || 7}`,
  U: (t) => two(Math.floor((t.yearDay + 7 - t.weekday) / 7)),
  V: (t) => two(isoWeek(t).week),
  w: (t) => `${t.weekday}`,
  W: (t) => two(Math.floor((t.yearDay + 7 - ((t.weekday + 6) % 7)) / 7)),
  x: (t) => formatTime('%m/%d/%y', t),
  X: (t) => formatTime('%H:%M:%S', t),
  y: (t) => two(((t.year % 100) + 100) % 100),
  Y: (t) => `${t.year}`,
  z: (t) => {
    const size = Math.abs(t.offset);
    return `${t.offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
  },
  Z: (t) => t.zone,
  '%': () => '%',
};

/** C's `strftime`; what it does not know stays as it is. */
export function formatTime(format: string, t: BrokenTime): string {
  return format.replace(/%[EO]?([\s\S])/g, (all, letter: string) => conversions[letter]?.(t) ?? all);
}

/** Fields of a date as a program gives them, in any range. */
export interface DateFields {
  readonly year: number;
  /** 0-11 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly isDst: boolean | undefined;
}

/** C's `mktime`: seconds since 1970 of a local date, or undefined when it has none. */
export function makeTime(f: DateFields): number | undefined {
  const date = new Date(2000, 0, 1);
  date.setFullYear(f.year, f.month, f.day);
  date.setHours(f.hour, f.minute, f.second, 0);
  const time = date.getTime() / 1000;
  if (Number.isNaN(time)) return undefined;
  const { summer, differs } = summerOffset(date.getFullYear());
  if (f.isDst === undefined || !differs) return time;
  const isSummer = -date.getTimezoneOffset() === summer;
  if (isSummer === f.isDst) return time;
  return f.isDst ? time - 3600 : time + 3600;
}
