import { fromText, type MimePart, parseMailDate, type TextPart, toText } from '../../message/index.ts';
import type { FoundSymbol } from '../../results.ts';
import type { Task } from '../../task.ts';

/** What tokens depend on: a task, or a message that is only learned. */
export interface Described extends Pick<Task, 'message' | 'envelope' | 'receivedAt'> {
  readonly results: {
    get(symbol: string): Pick<FoundSymbol, 'options'> | undefined;
    has(symbol: string): boolean;
  };
}

/** Options of `options.statistics` (rspamd: lualib/lua_stat.lua:process_stat_config). */
export interface AboutSettings {
  readonly headers: readonly string[];
  readonly images: boolean;
  readonly mime: boolean;
  readonly urls: boolean;
  readonly meta: boolean;
}

export const stockAbout: AboutSettings = {
  headers: ['User-Agent', 'X-Mailer', 'Content-Type', 'X-MimeOLE', 'Organization', 'Organisation'],
  images: true,
  mime: true,
  urls: true,
  meta: true,
};

const maxUrls = 5;

/** Words about a message as such (rspamd: lualib/lua_stat.lua:get_stat_tokens). Byte strings. */
export function wordsAbout(
  task: Described,
  settings: AboutSettings,
  languages: ReadonlyMap<TextPart, string>,
): readonly string[] {
  return [
    ...(settings.images ? images(task) : []),
    ...(settings.mime ? structure(task, languages) : []),
    ...(settings.headers.length > 0 ? fields(task, settings.headers) : []),
    ...(settings.urls ? urls(task) : []),
    ...(settings.meta ? [moment(task), ...policies(task)] : []),
  ];
}

function images({ message }: Described): string[] {
  return message.parts.flatMap((part) => {
    if (part.image === undefined) return [];
    const { height, width, type } = part.image;
    return ['image', String(height), String(width), type, ...(part.filename === '' ? [] : [part.filename])];
  });
}

function structure({ message }: Described, languages: ReadonlyMap<TextPart, string>): string[] {
  const texts = new Map(message.textParts.map((text) => [text.part, text] as const));
  const words: string[] = [];
  for (const part of message.parts) {
    if (part.content.length > 0) words.push(`#ps:${Math.floor(Math.log(part.content.length))}`);
    if (part.filename !== '') words.push(...fileNameWords(part.filename));
    const text = texts.get(part);
    if (text !== undefined) words.push(`#lang:${languages.get(text) ?? 'unk'}`, `#cs:${text.charset ?? 'unk'}`);
  }
  return [...words, `#m:${shape(message.parts, message.textParts)}`];
}

/** Which forms of text there are. */
function shape(parts: readonly MimePart[], texts: readonly TextPart[]): string {
  const html = texts.filter(({ isHtml }) => isHtml);
  const plain = texts.filter(({ isHtml }) => !isHtml);
  const isMultipart = parts.some(({ kind }) => kind === 'multipart');
  let forms = '#unk';
  if (isMultipart && html.length > 0 && plain.length > 0) forms = '#mpth';
  if (html.length > 0 && plain.length === 0) forms = '#ho';
  if (plain.length > 0 && html.length === 0) forms = '#to';
  const oneLine = texts.some(({ stats }) => stats.lines < 2) ? '#ot' : '';
  const emptyPlain = plain.some(({ isEmpty }) => isEmpty) ? '#ep' : '';
  const emptyHtml = html.some(({ isEmpty }) => isEmpty) ? '#eh' : '';
  return forms + oneLine + emptyPlain + emptyHtml;
}

/** The whole name, its extensions, and its parts but for numbers. */
export function fileNameWords(name: string): string[] {
  const extension = /^.+\.([^.\s]+)$/s.exec(name)?.[1];
  const base = extension === undefined ? name : name.slice(0, -extension.length - 1);
  const words = [`#f:${name}`];
  if (extension !== undefined) {
    if (characters(extension) >= 2) words.push(`#fe:${lower(extension)}`);
    const before = /^.+\.([^.\s]+)$/s.exec(base)?.[1];
    if (before !== undefined && characters(before) >= 2) words.push(`#fe:${lower(`${before}.${extension}`)}`);
  }
  for (const piece of base.split(/[-_\s.#]+/)) {
    for (const part of piece.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z\x80-\xbf])(?=[0-9])/)) {
      const word = lower(part);
      if (characters(word) >= 2 && !/^[0-9]+$/.test(word)) words.push(`#fp:${word}`);
    }
  }
  return words;
}

const lower = (bytes: string): string => fromText(toText(bytes).toLowerCase());
const characters = (bytes: string): number => [...toText(bytes)].length;

function fields({ message }: Described, names: readonly string[]): string[] {
  const words = names.flatMap((name) => {
    const value = message.headers.first(name)?.decodedBytes;
    return value === undefined ? [] : [`#h:${shortName(name)}:${value}`];
  });
  const [from] = message.from;
  return from?.name === undefined || from.name === '' ? words : [...words, `#F:${from.name}`];
}

/** `U-A` for User-Agent, `xmi` for X-MimeOLE, `con` for Content. */
function shortName(name: string): string {
  const capitals = /^([A-Z])[^-]+-([A-Z])/.exec(name);
  if (capitals !== null) return `${capitals[1]}-${capitals[2]}`;
  const extended = /^X-([A-Z].*)$/.exec(name)?.[1];
  return (extended === undefined ? name.slice(0, 3) : `x${extended.slice(0, 3)}`).toLowerCase();
}

function urls({ message }: Described): string[] {
  const domains = new Set<string>();
  for (const url of message.urls) {
    if (domains.size === maxUrls) break;
    if (!url.isMail && url.tld !== '') domains.add(url.tld);
  }
  return [...domains].map((domain) => `#u:${domain}`);
}

/** Day of the week, Monday is 1, and hour of the message's date. */
function moment({ message, receivedAt }: Described): string {
  const date = new Date(parseMailDate(message.headers.first('date')?.decodedBytes ?? '') ?? receivedAt);
  return `#dt:${date.getUTCDay() || 7}:${String(date.getUTCHours()).padStart(2, '0')}`;
}

/** What authentication says: that of this scan, or else that of the scan when the message came. */
function policies({ message, results }: Described): string[] {
  const trace = results.get('DKIM_TRACE');
  const found: string[] = [];
  if (trace !== undefined) {
    if (results.has('R_SPF_ALLOW')) found.push('s=pass');
    for (const option of trace.options) if (option.endsWith('+')) found.push(`d=pass:${option.slice(0, -2)}`);
  } else {
    const field = message.headers.first('authentication-results')?.decodedBytes ?? '';
    const spf = /spf=([a-z]+)/.exec(field)?.[1];
    const [, dkim, domain] = /dkim=([a-z]+) header.d=([a-z.-]+)/.exec(field) ?? [];
    if (spf !== undefined) found.push(`s=${spf}`);
    if (dkim !== undefined) found.push(`d=${dkim}:${domain}`);
  }
  return found.length === 0 ? [] : [`#aur:${found.join(',')}`];
}
