import { ScanError } from '../message/errors.ts';
import type { Logger } from '../message/log.ts';
import type { ScanReply, ScanRequest } from '../message/scan.ts';

/** Somebody who wants to know of messages and whom their senders must never notice. */
export interface Observer {
  /**
   * A message has come; nobody was asked about it yet.
   * @returns who is told of its end; undefined where nobody wants to know
   */
  begin(request: ScanRequest): Watch | undefined;
  /** No message follows. Resolves, soon, when nothing is left to be done. */
  close(): Promise<void>;
}

/** Follows one message: exactly one of the two is called, before the client gets the answer. */
export interface Watch {
  answered(reply: ScanReply): void;
  failed(error: ScanError): void;
}

/** All observers as one that neither throws nor rejects, whatever they do; their faults go to the log. */
export function guarded(observers: readonly Observer[], logger: Logger): Observer {
  const report = (cause: unknown): void => {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    logger.log('error', 'proxy', 'observe', '', `internal error, no message is affected: ${text}`);
  };
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      const result = work();
      // An async function passes for one that returns nothing.
      if (result instanceof Promise) result.catch(report);
      return result;
    } catch (cause) {
      report(cause);
      return undefined;
    }
  };
  return {
    begin: (request) => {
      const watches = observers
        .map((observer) => attempt(() => observer.begin(request)))
        .filter((one) => one !== undefined);
      if (watches.length === 0) return undefined;
      return {
        answered: (reply) => watches.forEach((watch) => void attempt(() => watch.answered(reply))),
        failed: (error) => watches.forEach((watch) => void attempt(() => watch.failed(error))),
      };
    },
    close: async () => {
      await Promise.allSettled(observers.map((observer) => attempt(() => observer.close())));
    },
  };
}

/** `scan`, with `observer` looking on. */
export function observed(
  scan: (request: ScanRequest) => Promise<ScanReply>,
  observer: Observer,
): (request: ScanRequest) => Promise<ScanReply> {
  return async (request) => {
    const watch = observer.begin(request);
    try {
      const reply = await scan(request);
      watch?.answered(reply);
      return reply;
    } catch (cause) {
      watch?.failed(ScanError.from(cause));
      throw cause;
    }
  };
}
