import { ProtocolError } from '../../message/errors.ts';
import { sessionLimits } from './options.ts';

/** Enough to tell HTTP and TLS from a milter packet. */
export const tellingBytes = 4;

/** Whether a connection begins like an HTTP request for a resource; throws ProtocolError for what is no milter at all. */
export function isHttpGet(head: Buffer): boolean {
  if (head[0] === 0x16 && head[1] === 3) throw new ProtocolError('TLS handshake on a port that speaks plain milter');
  const word = head.toString('latin1', 0, tellingBytes);
  if (word === 'POST') throw new ProtocolError('HTTP POST request is not supported in milter mode');
  return word === 'GET ';
}

/**
 * The answer to an HTTP request: health checks ask for `/ping` (any case). Undefined while the request is not complete;
 * any other request is a ProtocolError.
 */
export function answerHttp(request: Buffer, serverHeader: string): Buffer | undefined {
  const text = request.toString('latin1');
  const [, url, version] = /^GET +([^ \r\n]+)( [^\n]*)?\r?\n/.exec(text) ?? [];
  // A request line without a version is a whole request (HTTP/0.9).
  const complete = url !== undefined && (version === undefined || /\n\r?\n/.test(text));
  if (!complete) {
    if (request.length > sessionLimits.httpBytes) throw new ProtocolError('HTTP request is too long');
    return undefined;
  }
  if (url.toLowerCase() !== '/ping')
    throw new ProtocolError(`HTTP GET request is not supported in milter mode, url: ${url}`);
  const head = ['HTTP/1.1 200 OK', 'Connection: close', `Server: ${serverHeader}`, 'Content-Length: 6'];
  return Buffer.from(`${head.join('\r\n')}\r\nContent-Type: text/plain\r\n\r\npong\r\n`, 'latin1');
}
