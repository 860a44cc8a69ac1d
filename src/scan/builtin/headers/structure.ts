import { parseMailDate } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, hasHeader, rawIs, stepOf } from '../values.ts';

/** Headers that a message may carry once, with how much a repetition weighs. */
const uniqueHeaders: ReadonlyArray<readonly [name: string, multiplier: number]> = [
  ['Content-Type', 1],
  ['Content-Transfer-Encoding', 1],
  ['Date', 0.1],
  ['From', 1],
  ['Sender', 1],
  ['Reply-To', 1],
  ['To', 0.2],
  ['Cc', 0.1],
  ['Bcc', 0.1],
  ['Message-ID', 0.7],
  ['In-Reply-To', 0.7],
  ['References', 0.3],
  ['Subject', 0.7],
];

const uniqueness: Rule = {
  name: 'MULTIPLE_UNIQUE_HEADERS',
  stage: 'filter',
  symbols: {
    MULTIPLE_UNIQUE_HEADERS: single(7, 'headers', 'A header that may stand once is repeated'),
    MISSING_ESSENTIAL_HEADERS: symbol(7, 'blankspam', 'None of the usual headers is there'),
  },
  run: (task) => {
    const repeated = uniqueHeaders.filter(([name]) => task.message.count(name) > 1);
    const names = repeated.map(([name]) => name).join(',');
    if (repeated.length > 0)
      task.insert('MULTIPLE_UNIQUE_HEADERS', Math.max(...repeated.map(([, multiplier]) => multiplier)), [names]);
    else if (!uniqueHeaders.some(([name]) => task.message.has(name))) task.insert('MISSING_ESSENTIAL_HEADERS');
  },
};

const hour = 3600;

const date: Rule = {
  name: 'DATE_CB',
  stage: 'filter',
  flags: ['mime'],
  symbols: {
    MISSING_DATE: symbol(1, 'headers', 'There is no Date header'),
    INVALID_DATE: symbol(1.5, 'headers', 'The Date header cannot be read'),
    DATE_IN_PAST: symbol(1, 'headers', 'The Date is more than a day ago'),
    DATE_IN_FUTURE: symbol(4, 'headers', 'The Date is more than two hours ahead'),
  },
  run: (task) => {
    const value = task.message.headers.first('Date')?.decodedBytes ?? '';
    if (value === '') return task.insert('MISSING_DATE');
    const sent = parseMailDate(value);
    if (sent === undefined) return task.insert('INVALID_DATE');
    const age = task.receivedAt / 1000 - Math.floor(sent / 1000);
    if (age > 24 * hour) task.insert('DATE_IN_PAST', 1, [String(Math.floor(age / hour))]);
    else if (-age > 2 * hour) task.insert('DATE_IN_FUTURE', 1, [String(Math.floor(-age / hour))]);
  },
};

const xPriority: Rule = {
  name: 'HAS_X_PRIO',
  stage: 'filter',
  symbols: {
    HAS_X_PRIO_ZERO: symbol(0, 'headers', 'X-Priority is 0'),
    HAS_X_PRIO_ONE: symbol(0, 'headers', 'X-Priority is 1'),
    HAS_X_PRIO_TWO: symbol(0, 'headers', 'X-Priority is 2'),
    HAS_X_PRIO_THREE: symbol(0, 'headers', 'X-Priority is 3 or 4'),
    HAS_X_PRIO_FIVE: symbol(0, 'headers', 'X-Priority is 5 or more'),
  },
  run: (task) => {
    const digits = /^\s?(\d+)/.exec(task.message.header('X-Priority') ?? '')?.[1];
    if (digits === undefined) return;
    const priority = Number(digits);
    const names: Readonly<Record<number, string>> = { 0: 'ZERO', 1: 'ONE', 2: 'TWO', 3: 'THREE', 5: 'FIVE' };
    task.insert(`HAS_X_PRIO_${names[stepOf(priority, [1, 2, 3, 5])]}`, 1, [String(priority)]);
  },
};

/** Control characters and bytes beyond ASCII: a header that has them must be encoded. */
const needsEncoding = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]/;
const encodedBase64 = /=\?\S+\?B\?/i;
const encodedQuoted = /=\?\S+\?Q\?/i;

/** SUBJECT_NEEDS_ENCODING and its like. */
function encodingRules(mimeUtf: boolean): Rule[] {
  const needs = (['Subject', 'From', 'To'] as const).map((name) => ({
    ...check(
      `${name.toUpperCase()}_NEEDS_ENCODING`,
      single(1, 'headers', `${name} has bytes that have to be encoded`),
      (task) =>
        rawIs(task, name, needsEncoding) && !rawIs(task, name, encodedBase64) && !rawIs(task, name, encodedQuoted),
      ['mime'],
    ),
    condition: () => !mimeUtf,
  }));
  const fields = [
    ['FROM', 'From'],
    ['TO', 'To'],
    ['CC', 'Cc'],
    ['REPLYTO', 'Reply-To'],
    ['SUBJ', 'Subject'],
  ] as const;
  const excess = fields.flatMap(([short, name]) => [
    check(
      `${short}_EXCESS_BASE64`,
      single(1.5, 'excessb64', `${name} is base64 without need`),
      (task) => rawIs(task, name, encodedBase64) && !bytesMatch(task, name),
    ),
    check(
      `${short}_EXCESS_QP`,
      single(1.2, 'excessqp', `${name} is quoted-printable without need`),
      (task) => rawIs(task, name, encodedQuoted) && !bytesMatch(task, name),
    ),
  ]);
  return [...needs, ...excess];
}

function bytesMatch(task: Task, name: string): boolean {
  return task.message.headers.getAll(name).some(({ decodedBytes }) => needsEncoding.test(decodedBytes));
}

/** HEADER_FROM_EMPTY_DELIMITER and its like. */
const delimiters: readonly Rule[] = (
  [
    ['FROM', 'From'],
    ['TO', 'To'],
    ['CC', 'Cc'],
    ['REPLYTO', 'Reply-To'],
    ['DATE', 'Date'],
  ] as const
).map(([short, name]) =>
  check(
    `HEADER_${short}_EMPTY_DELIMITER`,
    single(1, 'headers', `Nothing stands between the colon and the value of ${name}`),
    (task) => task.message.headers.getAll(name).some(({ emptySeparator }) => emptySeparator),
  ),
);

function hasHeaderSpelt(task: Task, name: string): boolean {
  return task.message.headers.getAll(name).some((header) => header.name === name);
}

export function structureRules(mimeUtf: boolean): readonly Rule[] {
  return [
    check(
      'COMPLETELY_EMPTY',
      symbol(15, 'blankspam', 'The message has no bytes'),
      (task) => task.message.bytes.length === 0,
      ['empty'],
    ),
    uniqueness,
    check(
      'MISSING_SUBJECT',
      single(2, 'headers', 'There is no Subject header'),
      (task) => !hasHeader(task, 'Subject'),
      ['mime'],
    ),
    check(
      'EMPTY_SUBJECT',
      symbol(1, 'headers', 'The Subject is empty'),
      (task) => task.message.header('Subject') === '',
      ['mime'],
    ),
    check('MISSING_TO', single(2, 'headers', 'There is no To header'), (task) => !hasHeader(task, 'To'), ['mime']),
    check(
      'MISSING_MID',
      single(2.5, 'headers', 'There is no Message-ID header'),
      (task) => !hasHeader(task, 'Message-Id'),
      ['mime'],
    ),
    check(
      'MISSING_FROM',
      symbol(2, 'headers', 'There is no From header, or nothing in it'),
      (task) => (task.message.header('From') ?? '') === '',
    ),
    date,
    check('MV_CASE', symbol(0.5, 'headers', 'Mime-Version is written like that'), (task) =>
      hasHeaderSpelt(task, 'Mime-Version'),
    ),
    check('XM_CASE', symbol(0.5, 'headers', 'X-mailer is written like that'), (task) =>
      hasHeaderSpelt(task, 'X-mailer'),
    ),
    check('CTE_CASE', single(0.5, 'headers', 'Content-Transfer-Encoding has Bit with a capital letter'), (task) =>
      rawIs(task, 'Content-Transfer-Encoding', /^[78]B/),
    ),
    check('BROKEN_HEADERS', symbol(10, 'headers', 'The headers or the structure cannot be read to their end'), (task) =>
      task.has('broken_headers'),
    ),
    check('PRECEDENCE_BULK', single(0, 'upstream_spam_filters', 'Marked as sent in bulk'), (task) =>
      decodedIs(task, 'Precedence', /bulk/i),
    ),
    check('HAS_LIST_UNSUB', single(-0.01, 'headers', 'There is a List-Unsubscribe header'), (task) =>
      hasHeader(task, 'List-Unsubscribe'),
    ),
    check('HAS_ORG_HEADER', single(0, 'headers', 'The sender names an organisation'), (task) =>
      hasHeader(task, 'Organization', 'Organisation'),
    ),
    check('HAS_CD_HEADER', single(0, 'headers', 'There is a Content-Description header'), (task) =>
      hasHeader(task, 'Content-Description'),
    ),
    check('CD_MM_BODY', single(2, 'headers', 'A Content-Description that spam has'), (task) =>
      decodedIs(task, 'Content-Description', /^Mail message body$/i),
    ),
    check('HAS_XOIP', single(0, 'headers', 'The address of the sending machine is told'), (task) =>
      hasHeader(task, 'X-Originating-IP'),
    ),
    check('CT_EXTRA_SEMI', single(1, 'headers', 'Content-Type ends with a semicolon'), (task) =>
      rawIs(task, 'Content-Type', /;$/),
    ),
    check('STOX_REPLY_TYPE', single(1, 'headers', 'Content-Type tells of a kind of reply'), (task) =>
      decodedIs(task, 'Content-Type', /text\/plain; .* reply-type=original/),
    ),
    xPriority,
    ...encodingRules(mimeUtf),
    ...delimiters,
  ];
}
