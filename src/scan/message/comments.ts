import type { ByteString } from './bytes.ts';

/**
 * Takes the comments out of a structured field (RFC 5322, 3.2.2) and the backslash off what it quotes. A bracket that
 * follows a bracket is counted twice, so most nested comments swallow the rest
 * (rspamd: src/libmime/mime_headers.c:rspamd_strip_smtp_comments_inplace).
 */
export function stripComments(value: ByteString): ByteString {
  if (!/[(\\]/.test(value)) return value;
  let out = '';
  let state: 'text' | 'bracket' | 'comment' = 'text';
  let opened = 0;
  let closed = 0;
  for (let at = 0; at < value.length; at++) {
    const c = value[at] as string;
    if (state === 'text') {
      if (c === '(') state = 'bracket';
      else if (c !== '\\') out += c;
      else out += value[++at] ?? '';
      continue;
    }
    if (state === 'bracket') opened++;
    if (c === ')') {
      closed++;
      if (opened !== closed) continue;
      opened = closed = 0;
      state = 'text';
    } else if (c === '(') {
      if (state === 'bracket') opened++;
      state = 'bracket';
    } else {
      if (c === '\\') at++;
      state = 'comment';
    }
  }
  return out;
}
