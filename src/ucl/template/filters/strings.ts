import {
  type Budget,
  LuaArguments,
  LuaError,
  LuaTable,
  type LuaValue,
  lower,
  reverse,
  substitute,
  toText,
  upper,
} from '../../lua/index.ts';
import { withoutTrailingBlanks } from '../chunks.ts';
import type { FilterArguments, FilterTable } from './arguments.ts';

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
};

/** Text for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[<>"'&]/g, (char) => entities[char] ?? char);
}

/**
 * A replacement and how often it was made: filters that are a `gsub` in the original give both, and the number becomes
 * an argument of the next filter.
 */
function counted(text: string, pattern: RegExp, replace: (found: string) => string): readonly LuaValue[] {
  let count = 0;
  const result = text.replace(pattern, (found) => {
    count++;
    return replace(found);
  });
  return [result, count];
}

const escaped = (text: string): readonly LuaValue[] => counted(text, /[<>"'&]/g, escapeHtml);

/** Lua's `%s`: more than these no blank is. */
const blanks = /[ \t\n\v\f\r]+/;

function words(text: string): string[] {
  return text.split(blanks).filter((word) => word !== '');
}

function capitalize(text: string): string {
  return upper(text.slice(0, 1)) + lower(text.slice(1));
}

function trim(text: string): string {
  return withoutTrailingBlanks(text).replace(/^[ \t\n\v\f\r]+/, '');
}

function truncate(args: FilterArguments): string {
  const text = args.string();
  const length = args.number(1);
  if (text.length <= length) return text;
  const cut = text.slice(0, Math.max(0, length));
  const inWord = /\w/.test(text.slice(Math.max(0, length - 1))) && !args.flag(2);
  return (inWord ? withoutLastWord(cut) : cut) + (args.optionalText(3) ?? '...');
}

function withoutLastWord(text: string): string {
  let end = text.length;
  while (end > 0 && /\w/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function wordwrap(args: FilterArguments): string {
  const text = args.string();
  const width = args.optionalNumber(1, 79);
  const breakLong = args.values[2] === undefined || args.flag(2);
  const lines: string[] = [];
  let line = '';
  for (const word of words(text)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    if (word.length > width && breakLong && width >= 1) {
      if (line !== '') lines.push(line);
      const pieces = word.match(new RegExp(`[\\s\\S]{1,${Math.floor(width)}}`, 'g')) ?? [];
      line = pieces.pop() ?? '';
      lines.push(...pieces);
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.join(args.optionalText(3) ?? '\n');
}

function split(args: FilterArguments): LuaTable {
  const text = args.string();
  const separator = args.optionalText(1);
  if (separator === undefined) return LuaTable.of(words(text));
  if (separator === '') throw new LuaError('filter "split" wants a separator that is not empty');
  const parts = text.split(separator);
  const most = args.values[2] === undefined ? parts.length : Math.max(0, args.number(2));
  if (parts.length <= most) return LuaTable.of(parts);
  return LuaTable.of([...parts.slice(0, most), parts.slice(most).join(separator)]);
}

function fileSize(args: FilterArguments): string {
  const bytes = args.number();
  const binary = args.flag(1);
  const base = binary ? 1024 : 1000;
  if (bytes < base) return `${Math.trunc(bytes)} Byte${bytes > 1 ? 's' : ''}`;
  const prefixes = [binary ? 'K' : 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  const at = prefixes.findIndex((_, power) => bytes < base ** (power + 2));
  const power = at === -1 ? prefixes.length - 1 : at;
  const size = (base * bytes) / base ** (power + 2);
  return `${Number.isFinite(size) ? size.toFixed(1) : toText(size)} ${prefixes[power]}${binary ? 'i' : ''}B`;
}

const percentCounted = (text: string): readonly LuaValue[] =>
  counted(text, /[^A-Za-z0-9.-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const percent = (text: string): string => toText(percentCounted(text)[0]);

function urlEncode(args: FilterArguments): LuaValue | readonly LuaValue[] {
  const value = args.input('string or table');
  if (!(value instanceof LuaTable)) return percentCounted(toText(value));
  const pairs =
    value.length > 0
      ? value.items().map((item) => (item instanceof LuaTable ? [item.get(1), item.get(2)] : [item, undefined]))
      : [...value.entries()];
  return pairs.map(([key, one]) => `${percent(toText(key))}=${percent(toText(one))}`).join('&');
}

/** Links in a text, as HTML. */
function urlize(args: FilterArguments): readonly LuaValue[] {
  const text = args.string();
  const most = args.values[1] === undefined ? undefined : args.number(1);
  const shorten = (url: string): string =>
    most === undefined ? url : text.slice(0, most) + (text.length > most ? '...' : '');
  const follow = args.flag(2) ? ' rel="nofollow"' : '';
  return counted(escapeHtml(text), /[^ \t\n\v\f\r]+/g, (word) => {
    const lead = /^(?:[(<]|&lt;)*/.exec(word)?.[0] ?? '';
    const trail = /(?:[.,)>]|&gt;)*$/.exec(word.slice(lead.length))?.[0] ?? '';
    const middle = word.slice(lead.length, word.length - trail.length);
    const bare =
      /^www\./.test(middle) ||
      (/^[A-Za-z0-9]/.test(middle) && !/@|^https?:\/\//.test(middle) && /\.(?:com|net|org)$/.test(middle));
    if (bare) return `${lead}<a href="http://${middle}"${follow}>${shorten(middle)}</a>${trail}`;
    if (/^https?:\/\//.test(middle)) return `${lead}<a href="${middle}"${follow}>${shorten(middle)}</a>${trail}`;
    if (/^[^\s@:]+@[\w.-]+\.[\w.-]+$/.test(middle)) return `${lead}<a href="mailto:${middle}">${middle}</a>${trail}`;
    return word;
  });
}

/** Filters whose input is text (rspamd: contrib/lua-lupa/lupa.lua:M.filters). */
export function stringFilters(budget: Budget): FilterTable {
  return {
    capitalize: (args) => capitalize(args.string()),
    center: (args) => {
      const text = args.string();
      const padding = args.optionalNumber(1, 80) - text.length;
      budget.bytes(Math.max(0, padding));
      return ' '.repeat(Math.max(0, Math.ceil(padding / 2))) + text + ' '.repeat(Math.max(0, Math.floor(padding / 2)));
    },
    e: (args) => escaped(args.string()),
    escape: (args) => escaped(args.string()),
    filesizeformat: fileSize,
    forceescape: (args) => escaped(toText(args.input('string'))),
    indent: (args) => {
      const margin = ' '.repeat(Math.min(1000, Math.max(0, args.number(1))));
      const text = args.string().replace(/[\r\n]+/g, (newlines) => newlines + margin);
      budget.bytes(text.length);
      return (args.flag(2) ? margin : '') + text;
    },
    lower: (args) => lower(args.stringOrNumber()),
    replace: (args) => {
      args.stringOrNumber();
      return substitute(new LuaArguments('gsub', args.values), budget);
    },
    reverse: (args) => {
      const value = args.input('table or string');
      return value instanceof LuaTable ? LuaTable.of(value.items().reverse()) : reverse(args.string());
    },
    safe: (args) => {
      const text = toText(args.input('string'));
      const marked = new LuaTable();
      marked.text = () => text;
      return marked;
    },
    split,
    striptags: (args) =>
      trim(
        args
          .string()
          .replace(/<[^<>]*>/g, '')
          .replace(/[ \t\n\v\f\r]+/g, ' '),
      ),
    title: (args) => counted(args.string(), /[^ \t\n\v\f\r-]+/g, capitalize),
    trim: (args) => trim(args.string()),
    truncate,
    upper: (args) => upper(args.stringOrNumber()),
    urlencode: urlEncode,
    urlize,
    wordcount: (args) => words(args.string()).length,
    wordwrap,
  };
}
