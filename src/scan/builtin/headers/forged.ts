import { moduleTables, readModule } from '../../../config/index.ts';
import { type EmailAddress, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { lower, same } from '../values.ts';

/** Of longer lists no more is compared. */
const longest = 100;

/** Compares envelope and header as they came (rspamd: src/plugins/lua/forged_recipients.lua). */
export function forged(context: RuleContext): Rule {
  const options = readModule(moduleTables.forged_recipients, context.section('forged_recipients'), context.findings);
  return {
    name: 'FORGED_CALLBACK',
    stage: 'filter',
    symbols: {
      [options.symbol_rcpt]: symbol(2, 'headers', 'Recipients of header and envelope are others'),
      [options.symbol_sender]: symbol(0.3, 'headers', 'Senders of header and envelope are others'),
    },
    run: (task) => {
      const { sender, from } = task.original;
      const { recipients, to } = cut(task);
      if (recipients.length === 0 || to.length === 0) return;
      const strangers = unmatched(task, recipients, to);
      if (strangers !== undefined) task.insert(options.symbol_rcpt, 1, strangers);
      if (sender === undefined || sender.addr === '') return;
      const [first] = from;
      if (first === undefined || !same(first.addr, sender.addr))
        task.insert(options.symbol_sender, 1, [toText(first?.addr ?? ''), toText(sender.addr)]);
    },
  };
}

function cut({ original: { recipients, to } }: Task): {
  readonly recipients: readonly EmailAddress[];
  readonly to: readonly EmailAddress[];
} {
  if (recipients.length <= longest && to.length <= longest) return { recipients, to };
  return { recipients: recipients.slice(0, longest - 1), to: to.slice(0, longest - 1) };
}

/** @returns those without a pair; undefined where one of the lists has none */
function unmatched(task: Task, recipients: readonly EmailAddress[], to: readonly EmailAddress[]): string[] | undefined {
  const own = new Set([task.user, task.original.sender?.addr].filter((one) => one !== undefined && one !== ''));
  const delivered = task.message.header('Delivered-To');
  const envelope = new Map(recipients.map((address) => [lower(address.addr), address]));
  const domains = new Set(recipients.map(({ domain }) => lower(domain)));
  const matched = new Set<string>([...envelope.keys()].filter((addr) => own.has(addr)));
  const excused = new Set<string>();
  const strangers: string[] = [];
  for (const { addr, domain } of to) {
    const key = lower(addr);
    if (envelope.has(key)) matched.add(key);
    else if (key !== '' && (key === delivered || key === task.user)) continue;
    else if (domains.has(lower(domain)) && addr !== '') excused.add(lower(domain));
    else strangers.push(`m:${toText(addr)}`);
  }
  const hidden = recipients
    .filter(({ addr, domain }) => !matched.has(lower(addr)) && !excused.has(lower(domain)))
    .map(({ addr }) => `s:${toText(addr)}`);
  return strangers.length > 0 && hidden.length > 0 ? [...strangers, ...hidden] : undefined;
}
