import type { ByteString } from './message/index.ts';

/** What a record holds, by its type. Names in lower case, without a final dot. */
export interface DnsRecords {
  readonly A: string;
  readonly AAAA: string;
  /** All strings of one record put together, bytes as they came. */
  readonly TXT: ByteString;
  readonly MX: { readonly priority: number; readonly exchange: string };
  readonly PTR: string;
  readonly NS: string;
  readonly CNAME: string;
  readonly SRV: { readonly priority: number; readonly weight: number; readonly port: number; readonly target: string };
}

export type DnsType = keyof DnsRecords;

/** The outcome of a question; a question never rejects. */
export interface DnsAnswer<T extends DnsType = DnsType> {
  /**
   * `nodata`: the name exists without that type; `fail`: nobody could tell (an error of the server, no answer in time,
   * the limit of questions of the task).
   */
  readonly status: 'ok' | 'nxdomain' | 'nodata' | 'fail';
  /** In the order of the answer; some for `ok`, none otherwise. */
  readonly records: readonly DnsRecords[T][];
  /** As the original words it (`requested record is not found`, `server fail`, `query timed out`); for `ok` undefined. */
  readonly error: string | undefined;
  /** Came from a cache. */
  readonly cached: boolean;
  /** The nameserver has checked signatures of DNSSEC, and they hold (its AD bit). */
  readonly authenticated?: boolean | undefined;
}

/** DNS as one task has it: its limit of questions and its deadline count. */
export interface TaskDns {
  /**
   * @param name byte string, UTF-8
   * @param forced the limit does not hold for it: whoever asks has a limit of its own
   */
  query<T extends DnsType>(name: string, type: T, forced?: boolean): Promise<DnsAnswer<T>>;
}

/** Errors of questions that were not asked at all. */
export const notAsked = { invalid: 'invalid name', limit: 'too many questions' } as const;

/** Whether a question went out, or was answered before. */
export function wasAsked({ error }: DnsAnswer): boolean {
  return error !== notAsked.invalid && error !== notAsked.limit;
}

/** Makes the DNS of a task. */
export interface DnsResolver {
  /** @param deadline milliseconds of `performance.now()`; open questions fail then */
  forTask(deadline: number): TaskDns;
  close(): void;
}
