import { moduleTables, readModule, type Settings } from '../../../config/index.ts';
import { type TextPart, toText } from '../../message/index.ts';
import { genericHostname } from '../../native/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { checkHost } from './hosts.ts';
import { isBadAddress, isBareAddress, weightOfHelo, weightOfName } from './names.ts';
import { clientsOf } from './outsiders.ts';

const own = 'hfilter';

const byWeight = (where: 'HELO' | 'HOSTNAME', what: string) =>
  Object.fromEntries(
    [0.5, 1, 2, 2.5, 3].map((score, index) => [
      `HFILTER_${where}_${index + 1}`,
      symbol(score, own, `${what} is that of a machine at home`),
    ]),
  );

const host = (prefix: string, what: string, scores: readonly [number, number, number]) => ({
  [`HFILTER_${prefix}_NOT_FQDN`]: symbol(scores[0], own, `${what} is no full name`),
  [`HFILTER_${prefix}_NORES_A_OR_MX`]: symbol(scores[1], own, `${what} has neither address nor mail server`),
  [`HFILTER_${prefix}_NORESOLVE_MX`]: symbol(scores[2], own, `The mail server of ${what} has no address`),
});

type Options = Settings<typeof moduleTables.hfilter>;

/** Looks at the names of the client and of the sender's domain (rspamd: src/plugins/lua/hfilter.lua). */
export function hfilter(context: RuleContext): Rule {
  const options = readModule(moduleTables.hfilter, context.section('hfilter'), context.findings);
  const isHeld = clientsOf(options, context);
  return {
    name: 'HFILTER_CHECK',
    stage: 'filter',
    symbols: {
      HFILTER_HELO_BADIP: symbol(4.5, own, 'HELO is an address that nobody has'),
      HFILTER_HELO_BAREIP: symbol(3, own, 'HELO is a bare address'),
      HFILTER_HELO_IP_A: symbol(1, own, 'HELO has not the address of the client'),
      ...byWeight('HELO', 'HELO'),
      ...byWeight('HOSTNAME', 'The name of the client'),
      ...host('HELO', 'HELO', [2, 0.3, 0.2]),
      ...host('FROMHOST', 'The domain of the sender', [3, 1.5, 0.5]),
      ...host('MID', 'The right side of Message-ID', [0.5, 0.5, 0.5]),
      HFILTER_HOSTNAME_UNKNOWN: symbol(2.5, own, 'The client has no name'),
      HFILTER_FROM_BOUNCE: symbol(0, own, 'The envelope has no sender'),
      HFILTER_RCPT_BOUNCEMOREONE: symbol(1.5, own, 'A bounce with several recipients'),
      HFILTER_URL_ONLY: symbol(2.2, own, 'The text is nothing but a URL'),
      HFILTER_URL_ONELINE: symbol(2.5, own, 'The text is one line with a URL'),
    },
    run: async (task) => {
      if (options.url_enabled) checkUrls(task);
      if (isHeld(task)) await checkNames(task, options);
    },
  };
}

async function checkNames(task: Task, options: Options): Promise<void> {
  const waits: Promise<void>[] = [];
  const helo =
    options.helo_enabled && task.envelope.helo !== undefined
      ? toText(task.envelope.helo).replace(/[[\]]/g, '')
      : undefined;
  const weightHelo = helo === undefined ? 0 : checkHelo(task, helo, waits);
  const name = options.hostname_enabled && task.hostname !== undefined ? toText(task.hostname) : undefined;
  if (options.hostname_enabled && name === undefined) task.insert('HFILTER_HOSTNAME_UNKNOWN');
  const weightName = name === undefined ? 0 : weightOfName(name);
  task.set(genericHostname, weightName >= 4);
  if (weightHelo > 0 && weightHelo >= weightName) task.insert(`HFILTER_HELO_${weightHelo}`, 1, [helo ?? '']);
  else if (weightName > weightHelo) task.insert(`HFILTER_HOSTNAME_${weightName}`, 1, [name ?? '']);
  const isBounce = options.from_enabled && checkSender(task, helo, waits);
  const { length } = task.visible.recipients.length > 0 ? task.visible.recipients : task.visible.to;
  if (options.rcpt_enabled && isBounce && length > 1) task.insert('HFILTER_RCPT_BOUNCEMOREONE', 1, [String(length)]);
  if (options.mid_enabled) checkMessageId(task, waits);
  await Promise.all(waits);
}

function checkMessageId(task: Task, waits: Promise<void>[]): void {
  const id = (task.message.header('Message-ID') ?? '').trim().replace(/^<|>$/g, '');
  const [, right, more] = id.split('@');
  if (right !== undefined && more === undefined && !right.includes('local'))
    waits.push(checkHost(task, right, 'HFILTER_MID'));
}

/** @returns the weight of the name */
function checkHelo(task: Task, helo: string, waits: Promise<void>[]): number {
  const wrong = isBadAddress(helo) ? 'HFILTER_HELO_BADIP' : isBareAddress(helo) ? 'HFILTER_HELO_BAREIP' : undefined;
  if (wrong !== undefined) {
    task.insert(wrong, 1, [helo, '1']);
    return 0;
  }
  const weight = weightOfHelo(helo);
  if (weight === 0 && task.ip !== undefined) waits.push(checkHost(task, helo, 'HFILTER_HELO', task.ip));
  return weight;
}

/** @returns whether it is a bounce */
function checkSender(task: Task, helo: string | undefined, waits: Promise<void>[]): boolean {
  const { sender } = task.visible;
  if (sender === undefined) {
    if (helo === undefined) return false;
    task.insert('HFILTER_FROM_BOUNCE', 1, [helo]);
    return true;
  }
  const [user, domain, more] = toText(sender.addr).split('@');
  if (domain === undefined || more !== undefined) return false;
  waits.push(checkHost(task, domain, 'HFILTER_FROMHOST'));
  return user === 'postmaster';
}

function checkUrls({ message, results }: Task): void {
  const html = message.textParts.findLast(({ isHtml }) => isHtml);
  const part = html ?? message.textParts.findLast(({ isHtml }) => !isHtml);
  if (part === undefined) return;
  const { content, urlsLength } = part;
  if (content.length === 0 || urlsLength === 0) return;
  const share = urlsLength / content.length;
  if (share <= 0.8) return;
  const multiplier = Math.min(1, (share - 0.8) * 5);
  results.insert('HFILTER_URL_ONLY', multiplier, [significant(multiplier)]);
  if (linesOf(part) === 1)
    results.insert('HFILTER_URL_ONELINE', 1, [`${part.isHtml ? 'html' : 'plain'}:${Math.floor(share)}:1`]);
}

function linesOf({ stats }: TextPart): number {
  return stats.lines;
}

/** As printf's `%.14g` has it. */
function significant(value: number): string {
  return String(Number(value.toPrecision(14)));
}
