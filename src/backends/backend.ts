import type { ScanReply, ScanRequest } from '../message/scan.ts';
import type { Attempt } from '../upstreams/index.ts';

/** How far the tries for one message went: kept by the pipeline, read and filled in by the backend. */
export interface Tries {
  /** Hosts that were tried before, oldest first; the backend adds the one that it takes. */
  readonly hosts: Attempt[];
  /** Whether no other try can follow. */
  readonly last: boolean;
  /** To be called before the work begins. @param host who does it: `address:port`, a socket path, `self-scan` */
  begun(host: string): void;
}

/** Turns a request into a reply, by one try. */
export interface Backend {
  /** Name of the upstream, as requests choose it. */
  readonly name: string;
  /** Rejects with a ScanError, whose `retry` says whether another try makes sense. */
  scan(request: ScanRequest, tries: Tries): Promise<ScanReply>;
  /** Ends its connections; running scans fail. */
  close(): Promise<void>;
}
