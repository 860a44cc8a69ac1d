import { fromText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, hasHeader, lower, rawIs } from '../values.ts';

const group = 'Message ID';

function ids({ knowledge }: RuleContext): Rule {
  const registered = (host: string) => knowledge.suffixes.registered(fromText(host.toLowerCase()));
  return {
    name: 'CHECK_MID',
    stage: 'filter',
    flags: ['mime'],
    symbols: {
      MID_BARE_IP: symbol(2, group, 'The right side of the Message-ID is a bare address'),
      MID_RHS_NOT_FQDN: symbol(0.5, group, 'The right side of the Message-ID is no full name'),
      MID_MISSING_BRACKETS: symbol(0.5, group, 'The Message-ID has no brackets'),
      MID_RHS_IP_LITERAL: symbol(0.5, group, 'The right side of the Message-ID is an address in brackets'),
      MID_CONTAINS_FROM: symbol(1, group, 'The Message-ID has the address of From in it'),
      MID_RHS_MATCH_FROM: symbol(0, group, 'The right side of the Message-ID is the domain of From'),
      MID_RHS_MATCH_FROMTLD: symbol(0, group, 'The right side of the Message-ID belongs to the domain of From'),
      MID_CONTAINS_TO: symbol(1, group, 'The Message-ID has the address of the recipient in it'),
      MID_RHS_MATCH_TO: symbol(1, group, 'The right side of the Message-ID is the domain of the recipient'),
    },
    run: (task) => {
      const id = task.message.header('Message-ID');
      if (id === undefined) return;
      if (/@\d+\.\d+\.\d+\.\d+>$/.test(id)) task.insert('MID_BARE_IP');
      if (/@[^.]+>?$/.test(id)) task.insert('MID_RHS_NOT_FQDN');
      if (!/^<[^>]+>$/.test(id)) task.insert('MID_MISSING_BRACKETS');
      if (/@\[\d+\.\d+\.\d+\.\d+\]/.test(id)) task.insert('MID_RHS_IP_LITERAL');
      const right = /@([^>]+)>?$/.exec(id)?.[1]?.toLowerCase();
      const whole = id.toLowerCase();
      const [from] = task.visible.from;
      const fromDomain = from === undefined ? '' : lower(from.domain);
      if (from !== undefined && fromDomain !== '') {
        if (whole.includes(lower(from.addr))) task.insert('MID_CONTAINS_FROM');
        else if (right === fromDomain) task.insert('MID_RHS_MATCH_FROM');
        else if (right !== undefined && sameOwner(registered(right), registered(fromDomain), right, fromDomain))
          task.insert('MID_RHS_MATCH_FROMTLD');
      }
      const [to] = task.visible.to;
      const toDomain = to === undefined ? '' : lower(to.domain);
      if (to === undefined || toDomain === '' || toDomain === fromDomain) return;
      if (whole.includes(lower(to.addr))) task.insert('MID_CONTAINS_TO');
      else if (right === toDomain) task.insert('MID_RHS_MATCH_TO');
    },
  };
}

/** A host that no rule fits is its own domain. */
function sameOwner(a: string, b: string, hostA: string, hostB: string): boolean {
  return (a === '' ? hostA : a) === (b === '' ? hostB : b);
}

const endsLikeUser: Rule = check(
  'MID_END_EQ_FROM_USER_PART',
  symbol(4, 'mid', 'The right side of the Message-ID is the user of From'),
  (task) => {
    const right = /@([a-z]+)>?$/.exec(task.message.header('Message-ID') ?? '')?.[1];
    return right !== undefined && right === task.visible.from[0]?.user;
  },
  ['mime'],
);

const saneAscii = /^<?[^<>\\ \t\n\r\x0b\x80-\u{10ffff}]+@[^<>\\ \t\n\r\x0b\x80-\u{10ffff}]+>?\s*$/u;
const saneUtf = /^<?[^<>\\ \t\n\r\x0b]+@[^<>\\ \t\n\r\x0b]+>?\s*$/u;

export function messageIdRules(context: RuleContext): readonly Rule[] {
  const sane = context.options.mimeUtf ? saneUtf : saneAscii;
  return [
    ids(context),
    endsLikeUser,
    check(
      'INVALID_MSGID',
      single(1.7, 'headers', 'The Message-ID is not as it should be'),
      (task) =>
        hasHeader(task, 'Message-Id') &&
        !decodedIs(task, 'Message-Id', sane) &&
        !decodedIs(task, 'Message-Id', /\(.*\)/),
    ),
    check('GOOGLE_FORWARDING_MID_MISSING', single(2.5, 'headers', 'Google had to add a Message-ID'), (task) =>
      rawIs(task, 'Message-ID', /SMTPIN_ADDED_MISSING@mx\.google\.com>$/),
    ),
    check('GOOGLE_FORWARDING_MID_BROKEN', single(1.7, 'headers', 'Google had to replace the Message-ID'), (task) =>
      rawIs(task, 'Message-ID', /SMTPIN_ADDED_BROKEN@mx\.google\.com>$/),
    ),
    check(
      'MID_RHS_WWW',
      single(0.5, 'compromised_hosts', 'The right side of the Message-ID begins with www.'),
      (task) => decodedIs(task, 'Message-Id', /@www\./i),
    ),
  ];
}
