import { type Message, parseMailDate } from '../message/index.ts';
import type { Check, Task } from '../symbol.ts';

/** Headers that a message may carry once, with how much a repetition weighs (rspamd: rules/headers_checks.lua). */
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

const completelyEmpty: Check = {
  name: 'completely_empty',
  stage: 'filter',
  empty: true,
  symbols: { COMPLETELY_EMPTY: { score: 15, description: 'The message has no bytes' } },
  run: (task) => {
    if (task.message.bytes.length === 0) task.insert('COMPLETELY_EMPTY');
  },
};

const brokenHeaders: Check = {
  name: 'broken_headers',
  stage: 'filter',
  symbols: { BROKEN_HEADERS: { score: 10, description: 'The header block cannot be read to its end' } },
  run: (task) => {
    if (task.message.broken) task.insert('BROKEN_HEADERS');
  },
};

const uniqueness: Check = {
  name: 'unique_headers',
  stage: 'filter',
  symbols: {
    MULTIPLE_UNIQUE_HEADERS: { score: 7, description: 'A header that may stand once is repeated' },
    MISSING_ESSENTIAL_HEADERS: { score: 7, description: 'None of the usual headers is there' },
  },
  run: (task) => {
    const repeated = uniqueHeaders.filter(([name]) => task.message.count(name) > 1);
    if (repeated.length > 0) {
      const multiplier = Math.max(...repeated.map(([, weight]) => weight));
      task.insert('MULTIPLE_UNIQUE_HEADERS', multiplier, [repeated.map(([name]) => name).join(',')]);
    }
    if (uniqueHeaders.every(([name]) => !task.message.has(name))) task.insert('MISSING_ESSENTIAL_HEADERS');
  },
};

const presence: Check = {
  name: 'header_presence',
  stage: 'filter',
  symbols: {
    MISSING_FROM: { score: 2, description: 'There is no From header' },
    MISSING_TO: { score: 2, description: 'There is no To header' },
    MISSING_SUBJECT: { score: 2, description: 'There is no Subject header' },
    EMPTY_SUBJECT: { score: 1, description: 'The Subject header is empty' },
    MISSING_MID: { score: 2.5, description: 'There is no Message-ID header' },
    MISSING_MIME_VERSION: { score: 2, description: 'A MIME message without a MIME-Version header' },
  },
  run: ({ message, insert }) => {
    if ((message.header('From') ?? '') === '') insert('MISSING_FROM');
    if (!message.has('To')) insert('MISSING_TO');
    if (!message.has('Subject')) insert('MISSING_SUBJECT');
    else if (message.header('Subject') === '') insert('EMPTY_SUBJECT');
    if (!message.has('Message-ID')) insert('MISSING_MID');
    if (isMime(message) && !message.has('MIME-Version')) insert('MISSING_MIME_VERSION');
  },
};

function isMime(message: Message): boolean {
  return message.has('Content-Type') || message.has('Content-Transfer-Encoding');
}

const oldestSeconds = 86_400;
const newestSeconds = 7_200;

const dates: Check = {
  name: 'date',
  stage: 'filter',
  symbols: {
    MISSING_DATE: { score: 1, description: 'There is no Date header' },
    INVALID_DATE: { score: 1.5, description: 'The Date header is no date' },
    DATE_IN_PAST: { score: 1, description: 'The message was written more than a day ago' },
    DATE_IN_FUTURE: { score: 4, description: 'The message is dated more than two hours ahead' },
  },
  run: checkDate,
};

function checkDate(task: Task): void {
  const text = task.message.header('Date') ?? '';
  const written = parseMailDate(text);
  if (text === '') task.insert('MISSING_DATE');
  else if (written === undefined) task.insert('INVALID_DATE');
  else checkAge(task, (task.receivedAt - written) / 1000);
}

function checkAge(task: Task, seconds: number): void {
  const hours = String(Math.floor(Math.abs(seconds) / 3600));
  if (seconds > oldestSeconds) task.insert('DATE_IN_PAST', 1, [hours]);
  else if (-seconds > newestSeconds) task.insert('DATE_IN_FUTURE', 1, [hours]);
}

/** Checks of the header block alone, as the stock rules have them. */
export const headerChecks: readonly Check[] = [completelyEmpty, brokenHeaders, uniqueness, presence, dates];
