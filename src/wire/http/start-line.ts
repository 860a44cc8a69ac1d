import { malformed } from './errors.ts';
import { excerpt } from './head.ts';

export interface RequestLine {
  readonly method: string;
  /** As written: path and query, absolute form, or `*`. */
  readonly target: string;
  /** Minor version of HTTP/1; 0 where the line names none. */
  readonly minor: number;
}

export interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly minor: number;
}

/** What Rspamd's parser knows (rspamd: contrib/http-parser/http_parser.h); the method means nothing beyond that. */
const methods = new Set(
  (
    'DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK REPORT ' +
    'MKACTIVITY MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE'
  ).split(' '),
);

/** `METHOD target HTTP/1.x`; Rspamd takes a line without version too, and so do we. */
export function parseRequestLine(line: string): RequestLine {
  const [, method = '', target = '', version] = /^([^ ]+) +([^ ]+)(?: +(HTTP\/[^ ]+))? *$/.exec(line) ?? [];
  if (!methods.has(method)) throw malformed(`not a request: ${excerpt(line)}`);
  if (!/^[/*A-Za-z][\x21-\x7e\x80-\xff]*$/.test(target)) throw malformed(`a bad request target: ${excerpt(target)}`);
  return { method, target, minor: version === undefined ? 0 : minorVersion(version) };
}

/** `HTTP/1.x NNN reason`; the reason may be missing. */
export function parseStatusLine(line: string): StatusLine {
  const [, version = '', status = '', reason = ''] = /^(HTTP\/[^ ]+) +(\d{3})(?: (.*))?$/.exec(line) ?? [];
  if (status === '') throw malformed(`not an HTTP reply: ${excerpt(line)}`);
  return { status: Number(status), reason, minor: minorVersion(version) };
}

function minorVersion(version: string): number {
  if (!/^HTTP\/1\.\d$/.test(version)) throw malformed(`HTTP version ${excerpt(version)} is not spoken here`);
  return version.charCodeAt(7) - 48;
}
