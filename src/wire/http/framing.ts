import { sameName } from '../../message/header-names.ts';
import type { ReadonlyHeaders } from '../../message/headers.ts';
import { malformed } from './errors.ts';
import { excerpt } from './head.ts';

/** How the end of a body is found: after so many bytes, by chunks, or by the end of the connection. */
export type Framing = number | 'chunked' | 'until close';

/**
 * RFC 9112, 6.3. Chunks win over a length, as in Rspamd; equal lengths may repeat; a request without either has no
 * body.
 */
export function requestFraming(headers: ReadonlyHeaders): Framing {
  return declaredFraming(headers) ?? 0;
}

export function replyFraming(status: number, headers: ReadonlyHeaders): Framing {
  if (status < 200 || status === 204 || status === 304) return 0;
  return declaredFraming(headers) ?? 'until close';
}

function declaredFraming(headers: ReadonlyHeaders): Framing | undefined {
  if (headers.has('Transfer-Encoding')) {
    const coding = headers.getAll('Transfer-Encoding').join(', ');
    if (sameName(coding.trim(), 'chunked')) return 'chunked';
    throw malformed(`Transfer-Encoding ${excerpt(coding)} is not understood`);
  }
  const length = headers.get('Content-Length');
  if (length === undefined) return undefined;
  const different = headers.getAll('Content-Length').some((other) => other.trim() !== length.trim());
  if (different) throw malformed('several Content-Length headers that differ');
  if (!/^\d{1,15}$/.test(length.trim())) throw malformed(`Content-Length ${excerpt(length)} is not a number`);
  return Number(length);
}

/** Whether a comma separated header value has `word` among its elements; case does not count. */
export function hasToken(value: string | undefined, word: string): boolean {
  if (value === undefined || value.length < word.length) return false;
  if (!value.includes(',')) return sameName(value.trim(), word);
  return value.split(',').some((one) => sameName(one.trim(), word));
}
