import { type Task, TaskKey } from '../../task.ts';
import { type DkimFinding, dkimFindings } from '../dkim/index.ts';
import { type DmarcFinding, dmarcFinding } from '../dmarc/index.ts';
import { ipBytes } from '../ip.ts';
import { spfFinding } from '../spf/index.ts';

/** What a storage may know of a stranger's message besides its hashes. */

/** The client's name is one that providers give to machines at home. */
export const genericHostname = new TaskKey<boolean>('generic hostname');

export interface Extensions {
  /** The domain of From and the client's address: what every storage knows. */
  readonly sender: Buffer;
  /** What authentication came to; storages before 4.1 refuse a question with it. */
  readonly facts: Buffer;
}

const maxDomain = 64;

/** @returns undefined for a message of our own (rspamd: src/plugins/fuzzy_check.c:fuzzy_cmd_write_extensions) */
export function extensionsOf(task: Task): Extensions | undefined {
  if (task.user !== undefined || task.ip === undefined || task.isLocal) return undefined;
  const parts: Buffer[] = [];
  const domain = Buffer.from((task.message.from[0]?.domain ?? '').slice(-maxDomain), 'latin1');
  if (domain.length > 0) parts.push(Buffer.from(['d'.charCodeAt(0), domain.length]), domain);
  const address = ipBytes(task.ip);
  if (address !== undefined) parts.push(Buffer.from(address.length === 4 ? '4' : '6'), Buffer.from(address));
  const facts = Buffer.from([0x80, 4, 0, 0, 0, 0]);
  facts.writeUInt32BE(senderFacts(task), 2);
  return { sender: Buffer.concat(parts), facts };
}

const spfCodes = {
  none: 1,
  pass: 2,
  plusall: 2,
  fail: 3,
  softfail: 4,
  neutral: 5,
  permerror: 6,
  temperror: 7,
} as const;

/** Bits of a number (rspamd: src/libserver/fuzzy_wire.h:rspamd_fuzzy_sf_pack); 0 where nothing is known. */
function senderFacts(task: Task): number {
  const spf = task.get(spfFinding)?.outcome;
  const fields = [
    [0, spf === undefined ? 0 : spfCodes[spf]],
    [3, dkimCode(task.get(dkimFindings), task.message.has('DKIM-Signature'))],
    [6, dmarcCode(task.get(dmarcFinding))],
    [9, nameCode(task.hostname)],
    [11, task.get(genericHostname) === true ? 1 : 0],
    [12, recipientsCode(task)],
    [14, task.has('ssl') ? 1 : 0],
  ] as const;
  return fields.reduce((bits, [shift, code]) => bits | (code << shift), 0);
}

/** One good signature is enough; a broken one says more than a broken record. */
function dkimCode(findings: readonly DkimFinding[] | undefined, isSigned: boolean): number {
  if (findings === undefined) return isSigned ? 0 : 1;
  const has = (wanted: DkimFinding['outcome']): boolean => findings.some(({ outcome }) => outcome === wanted);
  if (has('pass')) return 2;
  if (has('fail')) return 3;
  if (has('permerror')) return 4;
  return has('temperror') ? 5 : 1;
}

const policyCodes = { none: 3, quarantine: 4, reject: 5 } as const;

/** The policy that the domain has, whatever became of it here. */
function dmarcCode(finding: DmarcFinding | undefined): number {
  switch (finding?.result) {
    case undefined:
      return 0;
    case 'na':
      return 1;
    case 'allow':
      return 2;
    case 'badpolicy':
      return 6;
    case 'dnsfail':
      return 7;
    default:
      return policyCodes[finding?.action ?? 'none'];
  }
}

/** MTAs give a name only if it leads back to the address; others are written as an address or so. */
function nameCode(hostname: string | undefined): number {
  if (hostname === undefined || hostname === '') return 0;
  return hostname.startsWith('[') || hostname === 'unknown' || ipBytes(hostname) !== undefined ? 1 : 3;
}

/** Roughly: a count would tell of who is written to. */
function recipientsCode({ envelope, message }: Task): number {
  const count = Math.max(envelope.recipients.length, message.recipients.length);
  if (count <= 1) return 0;
  if (count <= 5) return 1;
  return count <= 20 ? 2 : 3;
}
