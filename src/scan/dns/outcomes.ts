import type { DnsAnswer } from '../dns-answer.ts';
import type { TransportError } from './nameserver.ts';
import type { WireReply } from './wire.ts';

/** Outcomes by their numbers, as they show in options of symbols (rspamd: contrib/librdns/util.c:rdns_strerror). */
const codeTexts = new Map([
  [1, 'query format error'],
  [2, 'server fail'],
  [3, 'no records with this name'],
  [4, 'not implemented'],
  [5, 'query refused'],
  [6, 'YXDOMAIN'],
  [7, 'YXRRSET'],
  [8, 'NXRRSET'],
  [9, 'not authorized'],
  [10, 'no such zone'],
]);
const serverFailure = 2;
const nameError = 3;

export const errorTexts: Readonly<Record<TransportError | 'noData', string>> = {
  timeout: 'query timed out',
  network: 'network error',
  noData: 'requested record is not found',
};

/** A question that nobody answered. */
export function failure(error: string | undefined): DnsAnswer {
  return { status: 'fail', records: [], error, cached: false };
}

/** What a code of DNS other than 0 means. */
export function answerOfCode(code: number): DnsAnswer {
  const error = codeTexts.get(code) ?? codeTexts.get(serverFailure);
  return { status: code === nameError ? 'nxdomain' : 'fail', records: [], error, cached: false };
}

export const noData: DnsAnswer = { status: 'nodata', records: [], error: errorTexts.noData, cached: false };

export function answerOf({ code, records, authenticated }: WireReply): DnsAnswer {
  if (code !== 0) return answerOfCode(code);
  if (records.length === 0) return noData;
  return { status: 'ok', records, error: undefined, cached: false, authenticated };
}
