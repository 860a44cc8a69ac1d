import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { hasHeader, lower } from '../values.ts';

const listHeaders: ReadonlyArray<readonly [name: string, weight: number]> = [
  ['List-Id', 0.75],
  ['List-Archive', 0.125],
  ['List-Owner', 0.125],
  ['List-Help', 0.125],
  ['List-Post', 0.125],
  ['X-Loop', 0.125],
  ['List-Subscribe', 0.125],
  ['List-Unsubscribe', 0.125],
];

function starts(task: Task, name: string, pattern: RegExp): boolean {
  return pattern.test(task.message.header(name) ?? '');
}

function isBulk(task: Task): boolean {
  return starts(task, 'Precedence', /^(?:list|bulk)$/);
}

function isEzmlm(task: Task): boolean {
  return (
    starts(task, 'Mailing-List', /ezmlm$/) &&
    starts(task, 'Precedence', /^bulk$/) &&
    starts(task, 'List-Post', /^<mailto:/) &&
    starts(task, 'List-Help', /^<mailto:/) &&
    starts(task, 'List-Subscribe', /<mailto:[a-zA-Z.-]+-subscribe@/) &&
    starts(task, 'List-Unsubscribe', /<mailto:[a-zA-Z.-]+-unsubscribe@/)
  );
}

function isMailman(task: Task): boolean {
  const version = /^([23])\./.exec(task.message.header('X-Mailman-Version') ?? '')?.[1];
  if (version === undefined || !isBulk(task) || !hasHeader(task, 'List-Id')) return false;
  if (version === '2') {
    if (!hasHeader(task, 'X-BeenThere')) return false;
    if (task.message.header('X-List-Administrivia') === 'yes') return true;
  } else if (hasHeader(task, 'List-Administrivia')) return true;
  return ['List-Help', 'List-Subscribe', 'List-Unsubscribe'].every((name) => starts(task, name, /<mailto:/));
}

function managerOf(task: Task): string | undefined {
  if (isEzmlm(task)) return 'ezmlm';
  if (isMailman(task)) return 'mailman';
  if (hasHeader(task, 'X-Google-Loop', 'X-Google-Group-Id')) return 'googlegroups';
  return starts(task, 'X-Listserver', /^CommuniGate Pro LIST/) ? 'cgp' : undefined;
}

export const mailingList: Rule = {
  name: 'MAILLIST',
  stage: 'filter',
  flags: ['nice'],
  symbols: { MAILLIST: symbol(-0.2, 'headers', 'It came over a mailing list') },
  run: (task) => {
    let sum = isBulk(task) ? 0.25 : 0;
    for (const [name, weight] of listHeaders) if (hasHeader(task, name)) sum += weight;
    if (hasHeader(task, 'List-Subscribe') && hasHeader(task, 'List-Unsubscribe')) sum += 0.25;
    if (sum < 1) return;
    const manager = managerOf(task);
    task.insert('MAILLIST', manager === undefined ? 0.5 * Math.min(sum, 2) : 1, [manager ?? 'generic']);
  },
};

/** Parts that are looked at for a message that came back. */
const maxParts = 9;

export const bounce: Rule = {
  name: 'BOUNCE',
  stage: 'filter',
  after: ['SUBJ_BOUNCE_WORDS'],
  symbols: { BOUNCE: symbol(-0.1, 'headers', 'It tells of a message that could not be delivered') },
  run: (task) => {
    const { sender, from } = task.visible;
    if (sender !== undefined && sender.addr !== '') return;
    const [top] = task.message.parts;
    const report = top?.type.params.get('report-type');
    if (
      top?.type.type === 'multipart' &&
      top.type.subtype === 'report' &&
      (report === 'delivery-status' || report === 'disposition-notification')
    )
      return task.insert('BOUNCE', 1, ['DSN']);
    const user = from[0] === undefined ? '' : lower(from[0].user);
    if (user === 'mdaemon' && hasHeader(task, 'X-MDDSN-Message')) return task.insert('BOUNCE', 1, ['MDaemon']);
    const bouncer = user === 'postmaster' || user === 'mailer-daemon' ? user : undefined;
    const words = task.results.has('SUBJ_BOUNCE_WORDS');
    if (bouncer === undefined && !words) return;
    if (bouncer !== undefined && words) return task.insert('BOUNCE', 0.5, [`${bouncer}+subj`]);
    const part = task.message.parts
      .slice(0, maxParts)
      .find(({ type }) => /^rfc822(?:-headers)?$/.test(type.subtype) && /^(?:message|text)$/.test(type.type))?.type;
    if (part === undefined) return;
    const name = `${part.type}/${part.subtype}`;
    if (bouncer !== undefined) task.insert('BOUNCE', 0.5, [`${bouncer}+${name}`]);
    else task.insert('BOUNCE', 0.2, [`${name}+subj`]);
  },
};
