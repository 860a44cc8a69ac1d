import { trimBlanks } from '../../../src/wire/blanks.ts';

/**
 * How Rspamd reads a form (rspamd: src/libserver/multipart_form.cxx): the first boundary may stand anywhere, line ends
 * may be bare, what follows a boundary is not looked at, header names count by their beginning, parameters are searched
 * for in the text. Here to show that parseMultipart never takes a body in which this finds something else.
 */
export interface LenientPart {
  readonly name: string;
  readonly encoding: string;
  readonly body: string;
}

export function readLeniently(data: string, boundary: string): LenientPart[] {
  const dashes = `--${boundary}`;
  const first = data.indexOf(dashes);
  if (first < 0) return [];
  const parts: LenientPart[] = [];
  let at = behindLineEnd(data, first + dashes.length);
  while (at < data.length && parts.length < 8) {
    const found = [`\r\n${dashes}`, `\n${dashes}`].map((text) => ({ text, at: data.indexOf(text, at) }));
    const next = found.find((one) => one.at >= 0);
    if (next === undefined) break;
    parts.push(readPart(data.slice(at, next.at)));
    at = next.at + next.text.length;
    if (data.startsWith('--', at)) break;
    at = behindLineEnd(data, at);
  }
  return parts;
}

function behindLineEnd(data: string, at: number): number {
  const behindReturn = data[at] === '\r' ? at + 1 : at;
  return data[behindReturn] === '\n' ? behindReturn + 1 : behindReturn;
}

function readPart(text: string): LenientPart {
  const blank = ['\r\n\r\n', '\n\n'].map((end) => ({ end, at: text.indexOf(end) })).find((one) => one.at >= 0);
  if (blank === undefined) return { name: '', encoding: '', body: text };
  const part = { name: '', encoding: '', body: text.slice(blank.at + blank.end.length) };
  for (const line of text.slice(0, blank.at).split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = trimBlanks(line.slice(0, colon)).toLowerCase();
    const value = trimBlanks(line.slice(colon + 1).replace(/\r$/, ''));
    if (name.startsWith('content-disposition')) part.name = parameter(value, 'name');
    else if (/^content-(transfer-)?encoding/.test(name)) part.encoding = value;
  }
  return part;
}

function parameter(text: string, wanted: string): string {
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    if (at > 0 && !'; \t'.includes(text[at - 1] as string)) continue;
    const value = /^[ \t]*=[ \t]*(.*)$/.exec(text.slice(at + wanted.length))?.[1];
    if (value === undefined) continue;
    return value.startsWith('"') ? (value.slice(1).split('"')[0] ?? '') : trimBlanks(value.split(';')[0] ?? '');
  }
  return '';
}
