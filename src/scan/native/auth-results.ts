import { hostname } from 'node:os';
import type { ByteString } from '../message/index.ts';
import type { Task } from '../task.ts';
import { arcFinding } from './arc/index.ts';
import { dkimFindings } from './dkim/index.ts';
import { type DmarcFinding, dmarcFinding } from './dmarc/index.ts';
import { type SpfFinding, spfFinding } from './spf/index.ts';

/**
 * What was found of the sender, in the form of field Authentication-Results (RFC 8601): the host that says so, then each
 * result (rspamd: lualib/lua_auth_results.lua:gen_auth_results).
 * @returns parts of the value, to be joined by semicolons
 */
export function authenticationResults(task: Task): readonly ByteString[] {
  const host = task.envelope.mtaName ?? task.envelope.mtaTag ?? hostname();
  const results = [...dkim(task), ...spf(task, host), ...dmarc(task), ...arc(task), ...user(task)];
  return [host, ...(results.length > 0 ? results : ['none'])];
}

/** In quotes where it is no token or address. */
function quoted(text: ByteString): ByteString {
  return /[\s()<>,;:\\"/[\]?=]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}

const dkimWords = { pass: 'pass', fail: 'fail', temperror: 'temperror', permerror: 'none' } as const;

function dkim(task: Task): ByteString[] {
  const findings = task.get(dkimFindings);
  if (findings === undefined) return [];
  if (findings.length === 0) return task.message.has('DKIM-Signature') ? [] : ['dkim=none'];
  return findings.map(({ outcome, reason, signature: { domain, selector, shortValue } }) => {
    const comment = reason === '' ? '' : ` (${quoted(reason)})`;
    const names = `header.d=${quoted(domain)} header.s=${quoted(selector)} header.b=${quoted(shortValue)}`;
    return `dkim=${dkimWords[outcome]}${comment} ${names}`;
  });
}

function spf(task: Task, host: string): ByteString[] {
  const finding = task.get(spfFinding);
  if (finding === undefined || finding.domain === undefined || finding.outcome === 'plusall') return [];
  const { sender } = task.original;
  const isMail = sender !== undefined && sender.addr !== '';
  const name = quoted(isMail ? sender.addr : (task.envelope.helo ?? ''));
  const comment = spfComment(finding, name, task.ip ?? 'unknown');
  return [`spf=${finding.outcome} (${host}: ${comment}) smtp.${isMail ? 'mailfrom' : 'helo'}=${name}`];
}

function spfComment({ outcome }: SpfFinding, name: ByteString, ip: string): ByteString {
  switch (outcome) {
    case 'pass':
      return `domain of ${name} designates ${ip} as permitted sender`;
    case 'fail':
      return `domain of ${name} does not designate ${ip} as permitted sender`;
    case 'permerror':
      return `domain of ${name} uses mechanism not recognized by this client`;
    case 'temperror':
      return `error in processing during lookup of ${name}: DNS error`;
    case 'none':
      return `domain of ${name} has no SPF policy when checking ${ip}`;
    default:
      return `${ip} is neither permitted nor denied by domain of ${name}`;
  }
}

function dmarc(task: Task): ByteString[] {
  const finding = task.get(dmarcFinding);
  return finding === undefined ? [] : [dmarcText(finding)];
}

function dmarcText({ result, domain, action, reason }: DmarcFinding): ByteString {
  if (result === 'na') return 'dmarc=none';
  if (result === 'allow') return `dmarc=pass (policy=${action}) header.from=${quoted(domain ?? '')}`;
  const word = { dnsfail: 'temperror', badpolicy: 'permerror', softfail: 'fail', quarantine: 'fail', reject: 'fail' }[
    result
  ];
  const policy = { dnsfail: 'temperror', badpolicy: 'permerror', softfail: 'none', quarantine: result, reject: result }[
    result
  ];
  return `dmarc=${word} reason=${quoted(reason)} header.from=${quoted(domain ?? '')} (policy=${policy})`;
}

const arcWords = { pass: 'pass', fail: 'reject', invalid: 'permerror', none: 'none' } as const;

function arc(task: Task): ByteString[] {
  const finding = task.get(arcFinding);
  if (finding?.text === undefined) return [];
  return [`arc=${arcWords[finding.outcome]} ("${finding.text}")`];
}

function user(task: Task): ByteString[] {
  const { sender } = task.original;
  if (task.user === undefined || sender === undefined) return [];
  return [`auth=pass smtp.auth=${quoted(task.user)} smtp.mailfrom=${quoted(sender.addr)}`];
}
