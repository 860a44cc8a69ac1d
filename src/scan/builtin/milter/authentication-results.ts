import { hostname } from 'node:os';
import { type ByteString, toText } from '../../message/index.ts';
import { dkimFindings } from '../../native/index.ts';
import type { Task } from '../../task.ts';

const spfSymbols = {
  pass: 'R_SPF_ALLOW',
  fail: 'R_SPF_FAIL',
  softfail: 'R_SPF_SOFTFAIL',
  neutral: 'R_SPF_NEUTRAL',
  temperror: 'R_SPF_DNSFAIL',
  none: 'R_SPF_NA',
  permerror: 'R_SPF_PERMFAIL',
} as const;

const dmarcSymbols = {
  pass: 'DMARC_POLICY_ALLOW',
  permerror: 'DMARC_BAD_POLICY',
  temperror: 'DMARC_DNSFAIL',
  none: 'DMARC_NA',
  reject: 'DMARC_POLICY_REJECT',
  softfail: 'DMARC_POLICY_SOFTFAIL',
  quarantine: 'DMARC_POLICY_QUARANTINE',
} as const;

const arcSymbols = {
  pass: 'ARC_ALLOW',
  permerror: 'ARC_INVALID',
  temperror: 'ARC_DNSFAIL',
  none: 'ARC_NA',
  reject: 'ARC_REJECT',
} as const;

type SpfWord = keyof typeof spfSymbols;

/** The names of results differ from those of RFC 8601: a key that cannot be used is no result at all. */
const dkimWords = { pass: 'pass', fail: 'fail', permerror: 'none', temperror: 'temperror' } as const;

/**
 * Value of an Authentication-Results field, in one line (RFC 8601; rspamd: lualib/lua_auth_results.lua). What it says
 * of SPF, DMARC and ARC comes from their symbols.
 * @param withUser whether it names who authenticated
 */
export function authenticationResults(task: Task, withUser: boolean): string {
  const { mtaName, mtaTag } = task.envelope;
  const name = mtaName ?? mtaTag;
  const host = name === undefined ? hostname() : toText(name);
  const unsigned = task.results.has('R_DKIM_NA');
  const [spf, dmarc] = [spfPart(task, host), dmarcPart(task)];
  const parts = [
    ...dkimParts(task),
    ...(unsigned ? [spf, dmarc] : [dmarc, spf]),
    ...arcParts(task),
    userPart(task, withUser),
  ].filter((part) => part !== undefined);
  return [host, ...(parts.length === 0 ? ['none'] : parts)].join('; ');
}

/** The host that an Authentication-Results field names, in lower case. */
export function resultsHost(value: string): string | undefined {
  return /^\s*([^;\s(]+)/.exec(value)?.[1]?.toLowerCase();
}

function dkimParts(task: Task): string[] {
  const findings = task.get(dkimFindings) ?? [];
  if (findings.length === 0) return task.results.has('R_DKIM_NA') ? ['dkim=none'] : [];
  return findings.map(({ signature, outcome, reason }) =>
    [
      `dkim=${dkimWords[outcome]}`,
      ...(reason === '' ? [] : [`(${quoted(reason)})`]),
      `header.d=${quotedBytes(signature.domain)}`,
      `header.s=${quotedBytes(signature.selector)}`,
      `header.b=${quotedBytes(signature.shortValue)}`,
    ].join(' '),
  );
}

function spfPart(task: Task, host: string): string | undefined {
  const word = wordOf(task, spfSymbols);
  if (word === undefined) return undefined;
  const sender = task.original.sender?.addr;
  const helo = task.envelope.helo;
  if (sender === undefined || sender === '') {
    if (helo === undefined) return `spf=${word}`;
    return `spf=${word} (${spfComment(task, word, host, quotedBytes(helo))}) smtp.helo=${quotedBytes(helo)}`;
  }
  return `spf=${word} (${spfComment(task, word, host, quotedBytes(sender))}) smtp.mailfrom=${quotedBytes(sender)}`;
}

function spfComment(task: Task, word: SpfWord, host: string, sender: string): string {
  const ip = task.ip ?? 'unknown';
  const texts: Readonly<Record<SpfWord, string>> = {
    pass: `domain of ${sender} designates ${ip} as permitted sender`,
    fail: `domain of ${sender} does not designate ${ip} as permitted sender`,
    softfail: `${ip} is neither permitted nor denied by domain of ${sender}`,
    neutral: `${ip} is neither permitted nor denied by domain of ${sender}`,
    permerror: `domain of ${sender} uses mechanism not recognized by this client`,
    temperror: `error in processing during lookup of ${sender}: DNS error`,
    none: `domain of ${sender} has no SPF policy when checking ${ip}`,
  };
  return `${host}: ${texts[word]}`;
}

function dmarcPart(task: Task): string | undefined {
  const word = wordOf(task, dmarcSymbols);
  if (word === undefined) return undefined;
  if (word === 'none') return 'dmarc=none';
  const [first = '', second = ''] = optionsOf(task, dmarcSymbols[word]);
  if (word === 'pass') return `dmarc=pass (policy=${quoted(second)}) header.from=${quoted(first)}`;
  const isFailure = word === 'reject' || word === 'quarantine' || word === 'softfail';
  const [, domain, reason] = /^(\S+) : (.*)$/s.exec(first) ?? [];
  return [
    `dmarc=${isFailure ? 'fail' : word}`,
    ...(domain === undefined ? [] : [`reason=${quoted(reason ?? '')}`, `header.from=${quoted(domain)}`]),
    `(policy=${word === 'softfail' ? 'none' : word})`,
  ].join(' ');
}

function arcParts(task: Task): string[] {
  const word = wordOf(task, arcSymbols);
  return word === undefined ? [] : optionsOf(task, arcSymbols[word]).map((text) => `arc=${word} (${quoted(text)})`);
}

function userPart(task: Task, withUser: boolean): string | undefined {
  const { sender } = task.original;
  if (task.user === undefined || sender === undefined) return undefined;
  return [
    'auth=pass',
    ...(withUser ? [`smtp.auth=${quotedBytes(task.user)}`] : []),
    `smtp.mailfrom=${quotedBytes(sender.addr)}`,
  ].join(' ');
}

function wordOf<W extends string>(task: Task, symbols: Readonly<Record<W, string>>): W | undefined {
  return (Object.keys(symbols) as W[]).find((word) => task.results.has(symbols[word]));
}

function optionsOf(task: Task, symbol: string): string[] {
  return [...(task.results.get(symbol)?.options ?? [])];
}

function quotedBytes(bytes: ByteString): string {
  return quoted(toText(bytes));
}

/** rspamd: lualib/lua_util.lua:maybe_smtp_quote_value */
function quoted(text: string): string {
  return /[()<>,;:\\"/[\]?= \t\v]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
