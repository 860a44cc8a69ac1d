import { type EmailAddress, parseHeaderAddresses, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { decodedIs, hasHeader, lower, rawIs, same, stepOf } from '../values.ts';

const from: Rule = {
  name: 'CHECK_FROM',
  stage: 'filter',
  symbols: {
    ENVFROM_INVALID: symbol(2, 'headers', 'The envelope sender is no valid address'),
    FROM_INVALID: symbol(2, 'headers', 'The From address is not valid'),
    FROM_NO_DN: symbol(0, 'headers', 'From has no display name'),
    FROM_DN_EQ_ADDR: symbol(1, 'headers', 'The display name of From is its address'),
    FROM_HAS_DN: symbol(0, 'headers', 'From has a display name'),
    FROM_NAME_EXCESS_SPACE: symbol(1, 'headers', 'The display name of From has several blanks in a row'),
    FROM_NAME_HAS_TITLE: symbol(1, 'headers', 'The display name of From begins with a title'),
    FROM_EQ_ENVFROM: symbol(0, 'headers', 'From is the envelope sender'),
    FROM_NEQ_ENVFROM: symbol(0, 'headers', 'From is not the envelope sender'),
    TO_EQ_FROM: symbol(0, 'headers', 'The recipient is the sender'),
    TO_DOM_EQ_FROM_DOM: symbol(0, 'headers', 'The recipient is in the domain of the sender'),
  },
  run: (task) => {
    const { sender, to } = task.visible;
    const [first] = task.visible.from;
    if (sender !== undefined && !sender.flags.has('valid')) task.insert('ENVFROM_INVALID');
    if (first === undefined) return;
    if (!first.flags.has('valid')) task.insert('FROM_INVALID');
    insertName(task, first);
    if (sender !== undefined) {
      if (same(sender.addr, first.addr)) task.insert('FROM_EQ_ENVFROM');
      else if (sender.addr !== '') task.insert('FROM_NEQ_ENVFROM', 1, [toText(first.addr), toText(sender.addr)]);
    }
    const [only] = to;
    if (only === undefined || to.length !== 1) return;
    if (same(only.addr, first.addr)) task.insert('TO_EQ_FROM');
    else if (same(only.domain, first.domain)) task.insert('TO_DOM_EQ_FROM_DOM');
  },
};

function insertName(task: Task, { name = '', addr }: EmailAddress): void {
  task.insert(name === '' ? 'FROM_NO_DN' : same(name, addr) ? 'FROM_DN_EQ_ADDR' : 'FROM_HAS_DN');
  if (name === '' || same(name, addr)) return;
  const text = lower(name);
  const title = /^(mrs?|dr)[.\s]/.exec(text)?.[1];
  if (title !== undefined) task.insert('FROM_NAME_HAS_TITLE', 1, [title]);
  if (/\s\s/.test(text)) task.insert('FROM_NAME_EXCESS_SPACE');
}

const recipientSteps: Readonly<Record<number, string>> = {
  0: 'ZERO',
  1: 'ONE',
  2: 'TWO',
  3: 'THREE',
  5: 'FIVE',
  7: 'SEVEN',
  12: 'TWELVE',
  50: 'GT_50',
};

const recipients: Rule = {
  name: 'CHECK_TO_CC',
  stage: 'filter',
  symbols: {
    RCPT_COUNT_ZERO: symbol(0, 'headers', 'No recipient'),
    RCPT_COUNT_ONE: symbol(0, 'headers', 'One recipient'),
    RCPT_COUNT_TWO: symbol(0, 'headers', 'Two recipients'),
    RCPT_COUNT_THREE: symbol(0, 'headers', '3 or 4 recipients'),
    RCPT_COUNT_FIVE: symbol(0, 'headers', '5 or 6 recipients'),
    RCPT_COUNT_SEVEN: symbol(0, 'headers', '7 to 11 recipients'),
    RCPT_COUNT_TWELVE: symbol(0, 'headers', '12 to 49 recipients'),
    RCPT_COUNT_GT_50: symbol(0, 'headers', '50 recipients or more'),
    TO_DN_RECIPIENTS: symbol(2, 'headers', 'A recipient is called recipient'),
    TO_DN_NONE: symbol(0, 'headers', 'No recipient has a display name'),
    TO_DN_ALL: symbol(0, 'headers', 'All recipients have display names'),
    TO_DN_SOME: symbol(0, 'headers', 'Some recipients have display names'),
    TO_DN_EQ_ADDR_ALL: symbol(0, 'headers', 'All display names are the addresses'),
    TO_DN_EQ_ADDR_SOME: symbol(0, 'headers', 'Some display names are the addresses'),
    TO_MATCH_ENVRCPT_ALL: symbol(0, 'headers', 'All recipients are in the envelope'),
    TO_MATCH_ENVRCPT_SOME: symbol(0, 'headers', 'Some recipients are in the envelope'),
  },
  run: (task) => {
    const { to } = task.visible;
    if (!hasHeader(task, 'To', 'Cc', 'Bcc')) return;
    const step = stepOf(to.length, [1, 2, 3, 5, 7, 12, 50]);
    task.insert(`RCPT_COUNT_${recipientSteps[step]}`, 1, [String(to.length)]);
    const isAddress = ({ name = '', addr }: EmailAddress) => name !== '' && same(name, addr);
    for (const { name = '' } of to) if (/^recipients?$/.test(lower(name))) task.insert('TO_DN_RECIPIENTS');
    const equal = to.filter(isAddress).length;
    const named = to.filter((one) => (one.name ?? '') !== '' && !isAddress(one)).length;
    if (named === 0 && equal === 0) task.insert('TO_DN_NONE');
    else if (named === to.length) task.insert('TO_DN_ALL');
    else if (named > 0) task.insert('TO_DN_SOME');
    if (equal === to.length) task.insert('TO_DN_EQ_ADDR_ALL');
    else if (equal > 0) task.insert('TO_DN_EQ_ADDR_SOME');
    const matches = matchesIn(task.visible.recipients, to);
    if (matches === to.length) task.insert('TO_MATCH_ENVRCPT_ALL');
    else if (matches > 0) task.insert('TO_MATCH_ENVRCPT_SOME');
  },
};

/** How many pairs of the two lists are equal. */
function matchesIn(envelope: readonly EmailAddress[], header: readonly EmailAddress[]): number {
  const counts = new Map<string, number>();
  for (const { addr } of envelope) counts.set(lower(addr), (counts.get(lower(addr)) ?? 0) + 1);
  return header.reduce((sum, { addr }) => sum + (counts.get(lower(addr)) ?? 0), 0);
}

const replyTo: Rule = {
  name: 'CHECK_REPLYTO',
  stage: 'filter',
  after: ['CHECK_FROM'],
  symbols: {
    REPLYTO_UNPARSEABLE: symbol(1, 'headers', 'Reply-To cannot be read'),
    HAS_REPLYTO: symbol(0, 'headers', 'There is a Reply-To'),
    REPLYTO_EQ_FROM: symbol(0, 'headers', 'Reply-To is the same as From'),
    REPLYTO_ADDR_EQ_FROM: symbol(0, 'headers', 'Reply-To has the address of From'),
    REPLYTO_DOM_EQ_FROM_DOM: symbol(0, 'headers', 'Reply-To is in the domain of From'),
    REPLYTO_DOM_NEQ_FROM_DOM: symbol(0, 'headers', 'Reply-To is in another domain than From'),
    REPLYTO_DN_EQ_FROM_DN: symbol(0, 'headers', 'Reply-To has the display name of From'),
    REPLYTO_EMAIL_HAS_TITLE: symbol(2, 'headers', 'The address of Reply-To begins with a title'),
    REPLYTO_EQ_TO_ADDR: symbol(5, 'headers', 'Reply-To is the recipient'),
    REPLYTO_DOM_EQ_TO_DOM: symbol(0, 'headers', 'Reply-To is in the domain of the recipient'),
    REPLYTO_DOM_NEQ_TO_DOM: symbol(0, 'headers', 'Reply-To is in another domain than the recipient'),
    REPLYTO_INVALID: symbol(1, 'headers', 'The address of Reply-To is not valid'),
    REPLYTO_LOCALPART_LONG: symbol(2, 'headers', 'The local part of Reply-To is too long'),
    REPLYTO_DOMAIN_LONG: symbol(2, 'headers', 'The domain of Reply-To is too long'),
  },
  run: (task) => {
    const raw = task.message.headers.first('Reply-To')?.value;
    if (raw === undefined) return;
    const [reply] = parseHeaderAddresses(raw);
    if (reply === undefined || reply.addr === '') return task.insert('REPLYTO_UNPARSEABLE');
    checkReplyAddress(task, reply);
    const [sender] = task.original.from;
    if (sender === undefined) return;
    if (task.message.headers.first('From')?.value === raw) return task.insert('REPLYTO_EQ_FROM');
    if (same(sender.addr, reply.addr)) task.insert('REPLYTO_ADDR_EQ_FROM');
    else task.insert(same(sender.domain, reply.domain) ? 'REPLYTO_DOM_EQ_FROM_DOM' : 'REPLYTO_DOM_NEQ_FROM_DOM');
    if (same(sender.name ?? '', reply.name ?? '')) task.insert('REPLYTO_DN_EQ_FROM_DN');
    const [to] = task.visible.to;
    if (to === undefined) return;
    if (!same(to.addr, reply.addr))
      task.insert(same(to.domain, reply.domain) ? 'REPLYTO_DOM_EQ_TO_DOM' : 'REPLYTO_DOM_NEQ_TO_DOM');
    else if (!hasHeader(task, 'List-Unsubscribe', 'X-To-Get-Off-This-List', 'X-List', 'Auto-Submitted'))
      task.insert('REPLYTO_EQ_TO_ADDR');
  },
};

function checkReplyAddress(task: Task, { addr, user, domain, flags }: EmailAddress): void {
  task.insert('HAS_REPLYTO', 1, [toText(addr)]);
  if (!flags.has('valid')) task.insert('REPLYTO_INVALID');
  if (user.length > 64) task.insert('REPLYTO_LOCALPART_LONG', 1, [String(user.length)]);
  if (domain.length > 255) task.insert('REPLYTO_DOMAIN_LONG', 1, [String(domain.length)]);
  const [title] = task.results.get('FROM_NAME_HAS_TITLE')?.options ?? [];
  if (title !== undefined && lower(addr).startsWith(title)) task.insert('REPLYTO_EMAIL_HAS_TITLE');
}

const displayName: Rule = {
  name: 'FROM_DISPLAY_CALLBACK',
  stage: 'filter',
  flags: ['mime'],
  symbols: {
    SPOOF_DISPLAY_NAME: symbol(8, 'headers', 'The display name of From is an address in the domain of a recipient'),
    FROM_NEQ_DISPLAY_NAME: symbol(4, 'headers', 'The display name of From is an address in another domain'),
  },
  run: (task) => {
    const [sender] = task.visible.from;
    if (sender?.name === undefined) return;
    const [shown] = parseHeaderAddresses(sender.name);
    if (shown === undefined || !shown.domain.includes('.') || same(shown.domain, sender.domain)) return;
    const isRecipients = [...task.visible.to, ...task.visible.recipients].some(
      ({ domain }) => domain !== '' && same(domain, shown.domain),
    );
    task.insert(isRecipients ? 'SPOOF_DISPLAY_NAME' : 'FROM_NEQ_DISPLAY_NAME', 1, [
      toText(sender.domain),
      toText(shown.domain),
    ]);
  },
};

const spoofReplyTo: Rule = {
  name: 'SPOOF_REPLYTO',
  stage: 'filter',
  flags: ['mime'],
  symbols: { SPOOF_REPLYTO: symbol(6, 'headers', 'Replies to a colleague would leave the domain') },
  run: (task) => {
    const value = task.message.headers.first('Reply-To')?.value;
    const [sender] = task.visible.from;
    const [to] = task.visible.to;
    const envelope = task.visible.recipients;
    if (value === undefined || sender === undefined || envelope.length === 0) return;
    if (to !== undefined && same(sender.addr, to.addr)) return;
    if (envelope.length === 1 && same(envelope[0]?.addr ?? '', sender.addr)) return;
    if (!envelope.some(({ domain }) => same(domain, sender.domain))) return;
    const [reply] = parseHeaderAddresses(value);
    if (reply === undefined || reply.domain === '' || same(reply.domain, sender.domain)) return;
    task.insert('SPOOF_REPLYTO', 1, [toText(sender.domain), toText(reply.domain)]);
  },
};

const serviceAccount = /^(?:www-data|anonymous|ftp|apache|nobody|guest|nginx|web|www)@/i;

const multipleFrom: Rule = {
  name: 'MULTIPLE_FROM',
  stage: 'filter',
  symbols: { MULTIPLE_FROM: symbol(8, 'headers', 'From has several addresses') },
  run: (task) => {
    const list = task.visible.from;
    if (list.length > 1)
      task.insert(
        'MULTIPLE_FROM',
        1,
        list.map(({ raw }) => toText(raw)),
      );
  },
};

const previouslyDelivered: Rule = {
  name: 'PREVIOUSLY_DELIVERED',
  stage: 'filter',
  symbols: {
    PREVIOUSLY_DELIVERED: symbol(0, 'headers', 'It was delivered to a recipient before: a list, or forwarded'),
  },
  run: (task) => {
    for (const { decoded } of task.message.headers.getAll('Received')) {
      const address = /\sfor\s<(.*?)>/.exec(decoded.toLowerCase())?.[1];
      if (address === undefined) continue;
      if (task.visible.to.some(({ addr }) => lower(addr) === address))
        task.insert('PREVIOUSLY_DELIVERED', 1, [address]);
      return;
    }
  },
};

function firstAddress(task: Task, name: string): EmailAddress | undefined {
  const value = task.message.headers.first(name)?.value;
  return value === undefined ? undefined : parseHeaderAddresses(value)[0];
}

function isForgedNotification(task: Task): boolean {
  const value = task.message.headers.first('Disposition-Notification-To')?.value;
  if (value === undefined) return false;
  const wanted = parseHeaderAddresses(value);
  const { sender } = task.visible;
  if (wanted.length === 0) return false;
  return sender === undefined || sender.addr === '' || !wanted.some(({ addr }) => same(addr, sender.addr));
}

function isOtherConfirmation(task: Task): boolean {
  const wanted = firstAddress(task, 'X-Confirm-Reading-To');
  const [sender] = task.visible.from;
  return wanted !== undefined && sender !== undefined && !sender.addr.includes(wanted.addr);
}

/** prvs=TAG=addr, msprvs1=TAG=addr, btv1==TAG==addr, prvs=user=TAG@domain (draft-levine-smtp-batv). */
function isSignedSender(task: Task): boolean {
  const [sender] = task.visible.from;
  const match = /^(?:(prvs|msprvs1)=([^=]+)=|btv1==[^=]+==)(.+@(.+))$/.exec(lower(task.visible.sender?.addr ?? ''));
  if (sender === undefined || match === null) return false;
  const [, kind, user = '', address = '', domain = ''] = match;
  const own = lower(sender.addr);
  return address === own || (kind === 'prvs' && `${user}@${domain}` === own);
}

/** The recipient stands in the sender (variable envelope return path). */
function isVariableSender({ visible: { sender, recipients: list } }: Task): boolean {
  const [only] = list;
  if (sender === undefined || sender.addr === '' || only === undefined || list.length > 1) return false;
  const verp = lower(only.addr).replace('@', '=');
  const user = lower(sender.user);
  return user.includes(verp) && !user.includes(`+caf_=${verp}`) && !/^srs[01]=/.test(user);
}

function isInfoToInfo(task: Task): boolean {
  const [sender] = task.visible.from;
  return (
    hasHeader(task, 'List-Unsubscribe') &&
    sender !== undefined &&
    lower(sender.user) === 'info' &&
    task.visible.recipients.some(({ user }) => lower(user) === 'info')
  );
}

const wwwDot = /@www\./i;

export function addressRules(mimeUtf: boolean): readonly Rule[] {
  const eightBit = (name: string, description: string, list: (task: Task) => readonly EmailAddress[]): Rule => ({
    ...check(name, symbol(6, 'headers', description), (task) => list(task).some(({ flags }) => flags.has('8bit'))),
    condition: () => !mimeUtf,
  });
  return [
    from,
    replyTo,
    recipients,
    multipleFrom,
    displayName,
    spoofReplyTo,
    previouslyDelivered,
    eightBit('INVALID_FROM_8BIT', 'The From address has bytes beyond ASCII', ({ visible }) => visible.from.slice(0, 1)),
    eightBit('INVALID_RCPT_8BIT', 'The address of a recipient has bytes beyond ASCII', ({ visible }) => visible.to),
    check(
      'HEADER_RCONFIRM_MISMATCH',
      symbol(2, 'headers', 'Somebody else wants to know that it was read'),
      isOtherConfirmation,
    ),
    check(
      'HEADER_FORGED_MDN',
      symbol(2, 'headers', 'Somebody other than the sender wants to know that it was read'),
      isForgedNotification,
    ),
    check('ENVFROM_PRVS', symbol(0, 'headers', 'The envelope sender is a signed form of From'), isSignedSender, [
      'mime',
    ]),
    check('ENVFROM_VERP', symbol(0, 'headers', 'The envelope sender has the recipient in it'), isVariableSender, [
      'mime',
    ]),
    check('INFO_TO_INFO_LU', symbol(2, 'headers', 'From info to info, with a way to unsubscribe'), isInfoToInfo, [
      'mime',
    ]),
    check(
      'R_NO_SPACE_IN_FROM',
      single(1, 'headers', 'No blank stands before the address in From'),
      (task) => rawIs(task, 'From', /\S<[-\w.]+@[-\w.]+>/),
      ['mime'],
    ),
    check(
      'TO_WRAPPED_IN_SPACES',
      single(2, 'headers', 'Blanks stand around the address in To'),
      (task) => rawIs(task, 'To', /<\s[-.\w]+@[-.\w]+\s>/),
      ['mime'],
    ),
    check(
      'R_HTTP_URL_IN_FROM',
      single(5, 'headers', 'From has a web address'),
      (task) => decodedIs(task, 'From', /(?:^|["'\s])https?(?::|=3A)\/\/\S/i),
      ['mime'],
    ),
    check(
      'R_UNDISC_RCPT',
      single(3, 'headers', 'The recipients are not told'),
      (task) => decodedIs(task, 'To', /^<?"?undisclosed[- ]recipients?\b.*:/i),
      ['mime'],
    ),
    check('FROM_SERVICE_ACCT', symbol(1, 'compromised_hosts', 'The sender is the account of a service'), (task) =>
      [task.visible.from[0], firstAddress(task, 'Sender'), firstAddress(task, 'Reply-To')].some(
        (one) => one !== undefined && serviceAccount.test(one.addr),
      ),
    ),
    check(
      'ENVFROM_SERVICE_ACCT',
      single(1, 'compromised_hosts', 'The envelope sender is the account of a service'),
      ({ visible }) => serviceAccount.test(visible.sender?.addr ?? ''),
    ),
    check('XAW_SERVICE_ACCT', single(1, 'compromised_hosts', 'The account of a service chose the sender'), (task) =>
      decodedIs(
        task,
        'X-Authentication-Warning',
        /\b(?:www-data|anonymous|ftp|apache|nobody|guest|nginx|web|www) set sender to\b/i,
      ),
    ),
    check(
      'WWW_DOT_DOMAIN',
      single(0.5, 'compromised_hosts', 'The sender is in a domain www.'),
      (task) =>
        ['From', 'Sender', 'Reply-To'].some((name) => decodedIs(task, name, wwwDot)) ||
        wwwDot.test(task.visible.sender?.addr ?? ''),
    ),
  ];
}
