import { moduleTables, readModule, type Settings } from '../../../config/index.ts';
import { compileLuaPattern } from '../../lua-pattern.ts';
import { type ByteString, toText } from '../../message/index.ts';
import { ipBytes, reversedIp } from '../../native/index.ts';
import { Subject } from '../../regexp/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { clientsOf, isOutsider } from './outsiders.ts';

type Options = Settings<typeof moduleTables.once_received>;

/** The name of a client is looked up whether the other rule is on or not. */
export function clientRules(context: RuleContext): readonly Rule[] {
  const options = readModule(moduleTables.once_received, context.section('once_received'), context.findings);
  return [reverseName(options), ...(options.enabled ? [onceReceived(options, context)] : [])];
}

/** Messages that come straight from where they were written (rspamd: src/plugins/lua/once_received.lua). */
function onceReceived(options: Options, context: RuleContext): Rule {
  const { symbol: once, symbol_strict: strict, symbol_mx: direct, whitelist } = options;
  const isListed = whitelist === undefined ? undefined : context.maps.networks(whitelist);
  const isGood = hostPatterns('good_host', options.good_host, context);
  const isBad = hostPatterns('bad_host', options.bad_host, context);

  const insertStrict = (task: Task, name: Subject): boolean => {
    const pattern = isBad(name);
    if (pattern !== undefined) task.insert(strict, 1, [toText(pattern)]);
    return pattern !== undefined;
  };
  return {
    name: 'ONCE_RECEIVED',
    stage: 'filter',
    symbols: {
      [once]: symbol(0.1, 'headers', 'No server stood between the sender and the client'),
      [strict]: symbol(4, 'headers', 'No server stood between, and the client is a machine at home'),
      [direct]: symbol(0, 'headers', 'The program that wrote it delivered it too'),
    },
    condition: clientsOf(options, context),
    run: (task) => {
      if (task.ip !== undefined && isListed?.(task.ip) === true) return;
      const hops = task.message.received.length;
      if (hops > 1) return;
      if (task.hostname === undefined) {
        task.insert(once);
        const program = task.message.header('User-Agent') ?? task.message.header('X-Mailer');
        if (program !== undefined) task.insert(direct, 1, [program]);
        return;
      }
      const name = new Subject(task.hostname);
      if (isGood(name) !== undefined) return;
      task.insert(once);
      if (insertStrict(task, name)) return;
      const [top] = task.received;
      if (top === undefined || isGood(new Subject((top.realHostname ?? '').toLowerCase())) !== undefined) return;
      task.insert(once);
      insertStrict(task, name);
    },
  };
}

/** @returns the first of Lua's patterns that a name has somewhere */
function hostPatterns(
  option: string,
  patterns: readonly ByteString[],
  { findings }: RuleContext,
): (name: Subject) => ByteString | undefined {
  const compiled = patterns.flatMap((pattern) => {
    try {
      return [[pattern, compileLuaPattern(pattern)] as const];
    } catch (cause) {
      findings.warn(`once_received: a pattern of ${option} is left out: ${(cause as Error).message}`);
      return [];
    }
  });
  return (name) => compiled.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Finds the name of a client that the MTA has not found. */
function reverseName({ symbol_rdns: none, symbol_rdns_dnsfail: failed }: Options): Rule {
  return {
    name: 'RDNS_CHECK',
    stage: 'prefilter',
    priority: priorities.top - 1,
    symbols: {
      [failed]: symbol(0, 'hfilter', 'Nobody could tell the name of the client'),
      [none]: symbol(2, 'hfilter', 'DNS has no name for the client'),
    },
    condition: (task) => isOutsider(task) && task.hostname === undefined && task.ip !== undefined,
    run: async (task) => {
      const reverse = reverseOf(task.ip ?? '');
      if (reverse === undefined) return;
      const { status, records } = await task.dns.query(reverse, 'PTR');
      if (status === 'fail') task.insert(failed);
      const [name] = records;
      if (name === undefined) task.insert(none);
      else task.hostname = name;
    },
  };
}

/** `192.0.2.1` → `1.2.0.192.in-addr.arpa` (RFC 1035, 3.5; RFC 3596, 2.5). */
function reverseOf(ip: string): string | undefined {
  const bytes = ipBytes(ip);
  return bytes && `${reversedIp(bytes)}.${bytes.length === 4 ? 'in-addr' : 'ip6'}.arpa`;
}
