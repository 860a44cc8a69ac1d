import type { MessagePort } from 'node:worker_threads';
import type { DnsSettings, KnownSymbol, LearnedMessages, ScanCounts, ScanSpec } from '../../scan/index.ts';

/** What a scan thread is made from. */
export interface ThreadSpec {
  readonly scan: ScanSpec;
  readonly dns: DnsSettings;
  /** Folder with the data of an Rspamd; undefined where there is none. */
  readonly dataFolder: string | undefined;
}

/** What a scan thread is given at its start. */
export interface ThreadData extends ThreadSpec {
  /** To whoever has UDP sockets for it. */
  readonly datagrams: MessagePort;
}

/** A message for a scan thread. */
export interface Job {
  readonly number: number;
  /** Of the log. */
  readonly id: string;
  /** Of the request, as `Headers.flat`. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Of the client; undefined for one on a unix socket. */
  readonly clientIp?: string | undefined;
  readonly shape: 'modern' | 'skip' | 'old';
  readonly format: ReplyFormat;
}

export type ReplyFormat = 'json' | 'msgpack';

/** What a scan thread is told: a message to judge, or to say now what it counted. */
export type ThreadOrder = Job | 'tell';

/**
 * What a scan thread says: that it can begin, a reply, that it could make none, what it counted since it last said so, or
 * a line for the log. `told` is the answer to `tell`, after the counts.
 */
export type ThreadMessage =
  | { readonly kind: 'ready'; readonly problems: readonly string[]; readonly symbols: readonly KnownSymbol[] }
  | { readonly kind: 'counts'; readonly counts: ScanCounts }
  | { readonly kind: 'told'; readonly learned: LearnedMessages | undefined }
  | { readonly kind: 'done'; readonly number: number; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly number: number; readonly reason: string }
  | {
      readonly kind: 'log';
      readonly level: 'warning' | 'notice' | 'info';
      readonly module: string;
      readonly fn: string;
      readonly id: string;
      readonly text: string;
    };
