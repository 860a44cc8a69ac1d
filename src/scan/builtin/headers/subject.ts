import { toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, hasHeader } from '../values.ts';

/** The subject without marks of replies. */
function bareSubject(task: Task): string | undefined {
  const subject = task.message.header('Subject');
  return subject?.replace(/^(?:(?:Re|Fwd|Fw|Aw|Antwort|Sv):\s*)+(?=.)/i, '');
}

function lengthRule(
  name: string,
  score: number,
  description: string,
  per: number,
  test: (subject: string, length: number) => boolean,
): Rule {
  return {
    name,
    stage: 'filter',
    flags: ['mime'],
    symbols: { [name]: symbol(score, 'subject', description) },
    run: (task) => {
      const subject = bareSubject(task);
      if (subject === undefined) return;
      const length = characters(subject);
      if (test(subject, length)) task.insert(name, Math.min(1, length / per), [String(length)]);
    },
  };
}

/** Without a list of them: there may be millions. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isUpperCase(text: string): boolean {
  return /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lo}]/u.test(text);
}

const urlInSubject: Rule = {
  name: 'URL_IN_SUBJECT',
  stage: 'filter',
  flags: ['mime'],
  symbols: { URL_IN_SUBJECT: symbol(4, 'subject', 'The subject has a URL') },
  run: (task) => {
    for (const url of task.message.urls) {
      if (!url.has('subject') || url.isMail) continue;
      const whole = toText(url.text) === task.message.subject;
      task.insert('URL_IN_SUBJECT', url.has('schemaless') ? 0.1 : whole ? 1 : 0.25, [toText(url.host)]);
      return;
    }
  },
};

const bounceWords =
  /\b(?:could not send message|couldn't be delivered|delivery (?:failed|failure|report|status|warning)|failure (?:delivery|notice)|hasn't been delivered|mail failure|returned mail|undeliverable|undelivered)\b/i;

const exclaims = /!\s*$/;
const asks = /\?\s*$/u;

export const subjectRules: readonly Rule[] = [
  lengthRule('SUBJ_ALL_CAPS', 3, 'The subject is in capital letters', 40, isUpperCase),
  lengthRule('LONG_SUBJ', 3, 'The subject is very long', 400, (_, length) => length > 200),
  urlInSubject,
  check('SUBJECT_ENDS_EXCLAIM', single(0, 'headers', 'The subject ends with an exclamation mark'), (task) =>
    decodedIs(task, 'Subject', exclaims),
  ),
  check(
    'SUBJECT_HAS_EXCLAIM',
    single(0, 'headers', 'The subject has an exclamation mark'),
    (task) => decodedIs(task, 'Subject', /!/) && !decodedIs(task, 'Subject', exclaims),
  ),
  check('SUBJECT_ENDS_QUESTION', single(1, 'headers', 'The subject ends with a question mark'), (task) =>
    decodedIs(task, 'Subject', asks),
  ),
  check(
    'SUBJECT_HAS_QUESTION',
    single(0, 'headers', 'The subject has a question mark'),
    (task) => decodedIs(task, 'Subject', /\?/) && !decodedIs(task, 'Subject', asks),
  ),
  check('SUBJECT_ENDS_SPACES', single(0.5, 'headers', 'The subject ends with blanks'), (task) =>
    decodedIs(task, 'Subject', /\s+$/),
  ),
  check('SUBJECT_HAS_CURRENCY', single(1, 'headers', 'The subject has the sign of a currency'), (task) =>
    decodedIs(task, 'Subject', /\p{Sc}/u),
  ),
  check('SUBJ_BOUNCE_WORDS', single(0, 'headers', 'The subject is that of a bounce'), (task) =>
    decodedIs(task, 'Subject', bounceWords),
  ),
  check(
    'FAKE_REPLY',
    single(1, 'headers', 'The subject is that of a reply, which nothing else shows'),
    (task) =>
      decodedIs(task, 'Subject', /^(?:antw|atb|aw|bls|odp|res?|rif|sv|ynt)[. ]*:/i) &&
      !hasHeader(task, 'In-Reply-To', 'References'),
  ),
];
