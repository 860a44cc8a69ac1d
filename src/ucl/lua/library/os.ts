import { LuaError, LuaTable, type LuaValue } from '../values.ts';
import { type Arguments, library } from './arguments.ts';

/** The parts of a date, in local time or UTC. */
interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0 is the first of January. */
  readonly yearDay: number;
  /** Minutes east of Greenwich. */
  readonly offset: number;
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(' ');

function partsOf(date: Date, utc: boolean): Parts {
  const offset = utc ? 0 : -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000);
  const year = shifted.getUTCFullYear();
  return {
    year,
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
    yearDay: Math.floor((shifted.getTime() - Date.UTC(year, 0, 1)) / 86_400_000),
    offset,
  };
}

const two = (value: number, filler = '0'): string => String(value).padStart(2, filler);
const hour12 = (hour: number): number => hour % 12 || 12;

/** The week number when weeks begin on a given weekday; days before the first such day are in week 0. */
function week({ yearDay, weekday }: Parts, begins: number): number {
  return Math.floor((yearDay + 7 - ((weekday - begins + 7) % 7)) / 7);
}

/** ISO 8601 year and week. */
function isoWeek(parts: Parts): { year: number; week: number } {
  const thursday = new Date(Date.UTC(parts.year, parts.month, parts.day + 4 - (parts.weekday || 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

function zone(offset: number): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

const conversions: Readonly<Record<string, (p: Parts) => string>> = {
  a: (p) => (days[p.weekday] ?? '').slice(0, 3),
  A: (p) => days[p.weekday] ?? '',
  b: (p) => (months[p.month] ?? '').slice(0, 3),
  B: (p) => months[p.month] ?? '',
  c: (p) => strftime('%a %b %e %H:%M:%S %Y', p),
  C: (p) => two(Math.floor(p.year / 100)),
  d: (p) => two(p.day),
  D: (p) => strftime('%m/%d/%y', p),
  e: (p) => two(p.day, ' '),
  F: (p) => strftime('%Y-%m-%d', p),
  g: (p) => two(isoWeek(p).year % 100),
  G: (p) => String(isoWeek(p).year),
  h: (p) => (months[p.month] ?? '').slice(0, 3),
  H: (p) => two(p.hour),
  I: (p) => two(hour12(p.hour)),
  j: (p) => String(p.yearDay + 1).padStart(3, '0'),
  m: (p) => two(p.month + 1),
  M: (p) => two(p.minute),
  n: () => '\n',
  p: (p) => (p.hour < 12 ? 'AM' : 'PM'),
  r: (p) => strftime('%I:%M:%S %p', p),
  R: (p) => strftime('%H:%M', p),
  S: (p) => two(p.second),
  t: () => '\t',
  T: (p) => strftime('%H:%M:%S', p),
  u: (p) => String(p.weekday || 7),
  U: (p) => two(week(p, 0)),
  V: (p) => two(isoWeek(p).week),
  w: (p) => String(p.weekday),
  W: (p) => two(week(p, 1)),
  x: (p) => strftime('%m/%d/%y', p),
  X: (p) => strftime('%H:%M:%S', p),
  y: (p) => two(p.year % 100),
  Y: (p) => String(p.year),
  z: (p) => zone(p.offset),
  Z: (p) => (p.offset === 0 ? 'GMT' : zone(p.offset)),
  '%': () => '%',
};

function strftime(format: string, parts: Parts): string {
  return format.replace(/%([\s\S])/g, (image, name: string) => conversions[name]?.(parts) ?? image);
}

function date(args: Arguments): LuaValue {
  const format = args.optionalText(0) ?? '%c';
  const when = args.values[1] === undefined ? new Date() : new Date(args.integer(1) * 1000);
  if (Number.isNaN(when.getTime())) return undefined;
  const utc = format.startsWith('!');
  const parts = partsOf(when, utc);
  const wanted = utc ? format.slice(1) : format;
  if (!wanted.startsWith('*t')) return strftime(wanted, parts);
  return LuaTable.from([
    ['year', parts.year],
    ['month', parts.month + 1],
    ['day', parts.day],
    ['hour', parts.hour],
    ['min', parts.minute],
    ['sec', parts.second],
    ['wday', parts.weekday + 1],
    ['yday', parts.yearDay + 1],
    ['isdst', false],
  ]);
}

function time(args: Arguments): LuaValue {
  if (args.values[0] === undefined) return Math.floor(Date.now() / 1000);
  const table = args.table(0);
  const field = (name: string, otherwise?: number): number => {
    const value = table.get(name);
    const number = typeof value === 'number' ? value : otherwise;
    if (number === undefined) throw new LuaError(`field '${name}' missing in date table`);
    return number;
  };
  const when = new Date(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour', 12),
    field('min', 0),
    field('sec', 0),
  );
  return Math.floor(when.getTime() / 1000);
}

/** What templates have of the `os` library. */
export function osLibrary(): LuaTable {
  return library({ date, time });
}
