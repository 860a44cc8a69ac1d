import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, hasHeader, rawIs } from '../values.ts';

const group = 'compromised_hosts';

/** A header that tells an account, with the account as option where it can be read. */
function account(name: string, header: string, pattern: RegExp, description: string): Rule {
  return {
    name,
    stage: 'filter',
    symbols: { [name]: symbol(0, group, description) },
    run: (task) => {
      const value = task.message.header(header);
      if (value === undefined) return;
      const found = pattern.exec(value)?.[1];
      task.insert(name, 1, found === undefined ? [] : [found]);
    },
  };
}

function is(task: Task, header: string, pattern: RegExp): boolean {
  return decodedIs(task, header, pattern);
}

/** Scripts and services that send mail, and what other filters found before. */
export const serviceRules: readonly Rule[] = [
  check(
    'HAS_PHPMAILER_SIG',
    single(0, group, 'PHPMailer sent it'),
    (task) => is(task, 'X-Mailer', /^PHPMailer /) || is(task, 'Content-Type', /boundary="b1_[0-9a-zA-Z]+"/),
  ),
  check(
    'HAS_INTERSPIRE_SIG',
    single(1, 'headers', 'Interspire sent it'),
    (task) =>
      ['X-Mailer-LID', 'X-Mailer-RecptId', 'X-Mailer-SID', 'X-Mailer-Sent-By'].every((name) => hasHeader(task, name)) ||
      rawIs(task, 'List-Unsubscribe', /\/unsubscribe\.php\?M=[^&]+&C=[^&]+&L=[^&]+&N=[^>]+>$/i),
  ),
  check('HAS_X_POS', symbol(0, group, 'A script of PHP sent it'), (task) =>
    hasHeader(task, 'X-PHP-Originating-Script'),
  ),
  check('HAS_X_PHP_SCRIPT', single(0, group, 'A script of PHP sent it'), (task) => hasHeader(task, 'X-PHP-Script')),
  check('HAS_X_SOURCE', single(0, group, 'It tells what program sent it'), (task) =>
    hasHeader(task, 'X-Source', 'X-Source-Args', 'X-Source-Dir'),
  ),
  check('HAS_X_ANTIABUSE', single(0, group, 'A shared host sent it'), (task) => hasHeader(task, 'X-AntiAbuse')),
  check('HAS_XAW', symbol(0, group, 'The sender was chosen against a warning'), (task) =>
    hasHeader(task, 'X-Authentication-Warning'),
  ),
  account('HAS_X_AS', 'X-Authenticated-Sender', /[^:]+:\s(.+)$/, 'It tells who was logged in'),
  account('HAS_X_GMSV', 'X-Get-Message-Sender-Via', /authenticated_id: (.+)$/, 'It tells who was logged in'),
  check('PHP_SCRIPT_ROOT', single(1, group, 'A script of the superuser sent it'), (task) =>
    is(task, 'X-PHP-Originating-Script', /^0:/i),
  ),
  check('X_PHPOS_FAKE', single(3, 'headers', 'A number of a user that no host has'), (task) =>
    is(task, 'X-PHP-Originating-Script', /^\d{7}:/i),
  ),
  check('X_PHP_FORGED_0X', single(4, 'headers', 'The number of a user begins with 0'), (task) =>
    rawIs(task, 'X-PHP-Originating-Script', /^0\d/),
  ),
  check(
    'X_PHP_EVAL',
    single(4, group, 'Code that was put together at run time sent it'),
    (task) => is(task, 'X-PHP-Script', /eval\(\)'d code/) || is(task, 'X-PHP-Originating-Script', /eval\(\)'d code/),
  ),
  check('PHP_XPS_PATTERN', single(0, group, 'A script that is called sendmail.php sent it'), (task) =>
    is(task, 'X-PHP-Script', /^[^. ]+\.[^./ ]+\/sendmail\.php\b/i),
  ),
  check(
    'HIDDEN_SOURCE_OBJ',
    single(2, group, 'A hidden file sent it'),
    (task) =>
      is(task, 'X-PHP-Script', /\/\..+/i) ||
      is(task, 'X-PHP-Originating-Script', /(?:^\d+:|\/)\..+/i) ||
      is(task, 'X-Source-Args', /\/\..+/i),
  ),
  check('MICROSOFT_SPAM', single(4, 'upstream_spam_filters', 'Microsoft calls it spam'), (task) =>
    is(task, 'X-Forefront-Antispam-Report', /SFV:SPM/),
  ),
  check('KLMS_SPAM', symbol(5, 'upstream_spam_filters', 'Kaspersky calls it spam'), (task) =>
    is(task, 'X-KLMS-AntiSpam-Status', /^spam/),
  ),
  check('SPAM_FLAG', symbol(5, 'upstream_spam_filters', 'A filter on the way calls it spam'), (task) =>
    ['X-Spam-Flag', 'X-Spam', 'X-Spam-Status'].some((name) => is(task, name, /^(?:yes|true)/i)),
  ),
  check('UNITEDINTERNET_SPAM', single(5, 'upstream_spam_filters', 'United Internet calls it spam'), (task) =>
    ['X-UI-Filterresults', 'X-UI-Out-Filterresults'].some((name) => is(task, name, /^junk:/)),
  ),
];
