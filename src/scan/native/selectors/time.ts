const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const months = 'January February March April May June July August September October November December'.split(' ');

/**
 * A time as `os.date` of Lua writes it.
 * @param format `%Y-%m-%d` and the like; behind `!` the time is that of Greenwich
 * @param seconds since the epoch
 */
export function formatTime(format: string, seconds: number): string {
  const isUtc = format.startsWith('!');
  const date = new Date(seconds * 1000);
  // The same clock reading, as if it were that of Greenwich.
  const shown = isUtc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return (isUtc ? format.slice(1) : format).replace(/%(.)/gs, (whole, letter: string) => field(letter, shown) ?? whole);
}

function field(letter: string, date: Date): string | undefined {
  const two = (value: number): string => String(value).padStart(2, '0');
  const all = (letters: string): string => letters.replace(/[A-Za-z]/g, (one) => field(one, date) ?? one);
  const [day, month, hours] = [date.getUTCDay(), date.getUTCMonth(), date.getUTCHours()];
  switch (letter) {
    case 'a':
      return days[day]?.slice(0, 3);
    case 'A':
      return days[day];
    case 'b':
      return months[month]?.slice(0, 3);
    case 'B':
      return months[month];
    case 'c':
      return `${all('a b')} ${String(date.getUTCDate()).padStart(2)} ${all('H:M:S Y')}`;
    case 'd':
      return two(date.getUTCDate());
    case 'D':
    case 'x':
      return all('m/d/y');
    case 'F':
      return all('Y-m-d');
    case 'H':
      return two(hours);
    case 'I':
      return two(hours % 12 || 12);
    case 'j':
      return String(dayOfYear(date)).padStart(3, '0');
    case 'm':
      return two(month + 1);
    case 'M':
      return two(date.getUTCMinutes());
    case 'p':
      return hours < 12 ? 'AM' : 'PM';
    case 'S':
      return two(date.getUTCSeconds());
    case 'T':
    case 'X':
      return all('H:M:S');
    case 'u':
      return String(day || 7);
    case 'w':
      return String(day);
    case 'y':
      return two(date.getUTCFullYear() % 100);
    case 'Y':
      return String(date.getUTCFullYear());
    case '%':
      return '%';
    default:
      return undefined;
  }
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}
