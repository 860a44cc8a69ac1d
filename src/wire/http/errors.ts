import { ProtocolError } from '../../message/errors.ts';

/** What is wrong with a message: its form, the size of its head (start line and header), the size of its body. */
export type HttpFault = 'malformed' | 'head too large' | 'body too large';

/** The other end does not speak HTTP/1 as we understand it. */
export class HttpError extends ProtocolError {
  readonly fault: HttpFault;

  constructor(fault: HttpFault, message: string) {
    super(message);
    this.name = 'HttpError';
    this.fault = fault;
  }
}

export const malformed = (message: string): HttpError => new HttpError('malformed', message);
