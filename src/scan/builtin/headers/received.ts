import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, rawIs, stepOf } from '../values.ts';

const steps: Readonly<Record<number, string>> = {
  0: 'ZERO',
  1: 'ONE',
  2: 'TWO',
  3: 'THREE',
  5: 'FIVE',
  7: 'SEVEN',
  12: 'TWELVE',
};

const count: Rule = {
  name: 'CHECK_RECEIVED',
  stage: 'filter',
  symbols: {
    RCVD_COUNT_ZERO: symbol(0, 'headers', 'No Received header'),
    RCVD_COUNT_ONE: symbol(0, 'headers', 'One Received header'),
    RCVD_COUNT_TWO: symbol(0, 'headers', 'Two Received headers'),
    RCVD_COUNT_THREE: symbol(0, 'headers', '3 or 4 Received headers'),
    RCVD_COUNT_FIVE: symbol(0, 'headers', '5 or 6 Received headers'),
    RCVD_COUNT_SEVEN: symbol(0, 'headers', '7 to 11 Received headers'),
    RCVD_COUNT_TWELVE: symbol(0, 'headers', '12 Received headers or more'),
  },
  run: ({ message, results }) => {
    const number = message.received.length;
    results.insert(`RCVD_COUNT_${steps[stepOf(number, [1, 2, 3, 5, 7, 12])]}`, 1, [String(number)]);
  },
};

const transport: Rule = {
  name: 'CHECK_RCVD',
  stage: 'filter',
  flags: ['mime'],
  symbols: {
    RCVD_TLS_ALL: symbol(0, 'headers', 'All hops were encrypted'),
    RCVD_TLS_LAST: symbol(0, 'headers', 'The last hop was encrypted'),
    RCVD_NO_TLS_LAST: symbol(0.1, 'headers', 'The last hop was not encrypted'),
    RCVD_VIA_SMTP_AUTH: symbol(0, 'headers', 'A client on the way had authenticated'),
  },
  run: (task) => {
    const hops = task.received;
    if (hops.length === 0) return;
    const isRemote = (host: string | undefined) => host !== undefined && host !== 'localhost';
    if (hops.every(({ byHostname, ssl }) => !isRemote(byHostname) || ssl)) task.insert('RCVD_TLS_ALL');
    else {
      const last = hops[0]?.byHostname === 'localhost' ? hops[1] : hops[0];
      task.insert(last?.ssl === true ? 'RCVD_TLS_LAST' : 'RCVD_NO_TLS_LAST');
    }
    if (hops.some(({ authenticated }) => authenticated)) task.insert('RCVD_VIA_SMTP_AUTH');
  },
};

function isHeloUser(task: Task): boolean {
  if (/^user$/i.test(task.envelope.helo ?? '')) return true;
  return task.message.headers.getAll('Received').some(({ decoded }) => {
    const text = decoded.toLowerCase();
    return /^\s*from\suser\s/.test(text) || /helo[\s=]user[\s)]/.test(text);
  });
}

const ip = String.raw`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`;
const stamp = String.raw`\w{3}, \d+ \w{3} 20\d\d \d\d:\d\d:\d\d [+-]\d\d\d0`;
const host = String.raw`(?:[\w-]+\.)+`;
const forged = (shape: string) => new RegExp(`^\\s*${shape}`);
const generic = [
  forged(String.raw`from \[${ip}\] by (?:${host}[a-zA-Z]{2,6}|${ip}); ${stamp}`),
  forged(String.raw`from \[${ip}\] by ${host}[a-z]{2,6} id \w{12}; ${stamp}`),
  forged(String.raw`by ${ip} with SMTP id [a-zA-Z]{14}\.\d{13};\s*${stamp} \(GMT\)`),
  forged(String.raw`from localhost by \S+;\s+${stamp}\s*$`),
];

const yandexHelo = [
  String.raw`from \[\d+\.\d+\.\d+\.\d+\] \((?:port=\d+ )?helo=smtp\.yandex\.ru\)`,
  String.raw`from \[UNAVAILABLE\] \(\[\d+\.\d+\.\d+\.\d+\]:\d+ helo=smtp\.yandex\.ru\)`,
  String.raw`from \S+ \(\[\d+\.\d+\.\d+\.\d+\]:\d+ helo=smtp\.yandex\.ru\)`,
  String.raw`from \[\d+\.\d+\.\d+\.\d+\] \(account \S+ HELO smtp\.yandex\.ru\)`,
  String.raw`from smtp\.yandex\.ru \(\[\d+\.\d+\.\d+\.\d+\]\)`,
  String.raw`from smtp\.yandex\.ru \(\S+ \[\d+\.\d+\.\d+\.\d+\]\)`,
  String.raw`from \S+ \(HELO smtp\.yandex\.ru\) \(\S+@\d+\.\d+\.\d+\.\d+\)`,
  String.raw`from \S+ \(HELO smtp\.yandex\.ru\) \(\d+\.\d+\.\d+\.\d+\)`,
  String.raw`from \S+ \(\[\d+\.\d+\.\d+\.\d+\] helo=smtp\.yandex\.ru\)`,
].map((shape) => new RegExp(shape, 'i'));

/** From and the return path are both in a domain. */
function isWhollyIn(task: Task, domain: string): boolean {
  const inBrackets = new RegExp(`^\\s*<.+@${domain.replace('.', '\\.')}>$`, 'i');
  const atEnd = new RegExp(`@${domain.replace('.', '\\.')}>?$`, 'i');
  return (
    rawIs(task, 'From', atEnd) && (rawIs(task, 'Return-path', inBrackets) || rawIs(task, 'X-Envelope-From', inBrackets))
  );
}

function isFakeYandex(task: Task): boolean {
  const [first, ...others] = yandexHelo as [RegExp, ...RegExp[]];
  if (others.some((shape) => rawIs(task, 'Received', shape))) return true;
  return (
    rawIs(task, 'Received', first) && ['mail.ru', 'gmail.com', 'ukr.net'].some((domain) => isWhollyIn(task, domain))
  );
}

export const receivedRules: readonly Rule[] = [
  count,
  transport,
  check('RCVD_HELO_USER', symbol(3, 'headers', 'A client called itself user'), isHeloUser, ['mime']),
  check('RECEIVED_HELO_LOCALHOST', single(0, 'headers', 'A client called itself localhost'), (task) =>
    rawIs(task, 'Received', /from (?:localhost|\[127\.0\.0\.1\])\s+/),
  ),
  ...generic.map((pattern, index) =>
    check(
      `FORGED_GENERIC_RECEIVED${index === 0 ? '' : index + 1}`,
      single(3.6, 'headers', 'A Received header of a shape that no server writes'),
      (task) => rawIs(task, 'Received', pattern),
    ),
  ),
  check(
    'INVALID_POSTFIX_RECEIVED',
    single(3, 'headers', 'A Received header that Postfix would write in another way'),
    (task) =>
      rawIs(
        task,
        'Received',
        / \(Postfix\) with ESMTP id [A-Z\d]+(?:\s+for <\S+?>)?;\s*[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/,
      ),
  ),
  check(
    'R_RCVD_SPAMBOTS',
    single(3, 'headers', 'A Received header as bots write it'),
    (task) =>
      decodedIs(
        task,
        'Received',
        new RegExp(
          String.raw`^from \[${ip}\] by [-.\w+]{5,255}; [SMTWF][a-z][a-z], [\s\d]?\d [JFMAJSOND][a-z][a-z] \d{4} \d{2}:\d{2}:\d{2} [-+]\d{4}$`,
          'm',
        ),
      ),
    ['mime'],
  ),
  check('RCVD_DOUBLE_IP_SPAM', single(2, 'headers', 'A Received header with two bare addresses'), (task) =>
    [new RegExp(`from \\[${ip}\\] by ${ip} with`), new RegExp(`from\\s+${ip}\\s+by\\s+${ip};`)].some((shape) =>
      decodedIs(task, 'Received', shape),
    ),
  ),
  check('STRONGMAIL', single(6, 'headers', 'Sent by a program that only spammers use'), (task) =>
    decodedIs(task, 'Received', new RegExp(String.raw`^from\s+strongmail\s+\(\[${ip}\]\) by \S+ \(-\); `, 'm')),
  ),
  check(
    'FAKE_RECEIVED_mail_ru',
    single(4, 'headers', 'A client called itself mail.ru, the sender is somewhere else'),
    (task) => decodedIs(task, 'Received', /from mail\.ru \(/) && !isWhollyIn(task, 'mail.ru'),
  ),
  check('FAKE_RECEIVED_smtp_yandex_ru', single(4, 'headers', 'A client called itself smtp.yandex.ru'), isFakeYandex),
];
