import { toText } from '../../message/index.ts';
import { ipBytes, reversedIp } from '../../native/index.ts';
import { priorities, type Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { symbol } from '../check.ts';
import { isOutsider } from './outsiders.ts';

/** A host with that in its name sends mail. */
const good = 'mail';
/** A host with one of these does not. */
const bad = ['static', 'dynamic'] as const;

/** Messages that come straight from where they were written. */
export const onceReceived: Rule = {
  name: 'ONCE_RECEIVED',
  stage: 'filter',
  symbols: {
    ONCE_RECEIVED: symbol(0.1, 'headers', 'No server stood between the sender and the client'),
    ONCE_RECEIVED_STRICT: symbol(4, 'headers', 'No server stood between, and the client is a machine at home'),
    DIRECT_TO_MX: symbol(0, 'headers', 'The program that wrote it delivered it too'),
  },
  condition: isOutsider,
  run: (task) => {
    const hops = task.message.received.length;
    if (hops > 1) return;
    const { hostname } = task;
    if (hostname === undefined) {
      task.insert('ONCE_RECEIVED');
      const program = task.message.header('User-Agent') ?? task.message.header('X-Mailer');
      if (program !== undefined) task.insert('DIRECT_TO_MX', 1, [program]);
      return;
    }
    const name = toText(hostname);
    if (name.includes(good)) return;
    task.insert('ONCE_RECEIVED');
    if (isStrict(task, name)) return;
    const [top] = task.received;
    if (top === undefined || (top.realHostname ?? '').includes(good)) return;
    task.insert('ONCE_RECEIVED');
    isStrict(task, name);
  },
};

function isStrict(task: Task, name: string): boolean {
  const word = bad.find((one) => name.includes(one));
  if (word !== undefined) task.insert('ONCE_RECEIVED_STRICT', 1, [word]);
  return word !== undefined;
}

/** Finds the name of a client that the MTA has not found. */
export const reverseName: Rule = {
  name: 'RDNS_CHECK',
  stage: 'prefilter',
  priority: priorities.top - 1,
  symbols: {
    RDNS_DNSFAIL: symbol(0, 'hfilter', 'Nobody could tell the name of the client'),
    RDNS_NONE: symbol(2, 'hfilter', 'DNS has no name for the client'),
  },
  condition: (task) => isOutsider(task) && task.hostname === undefined && task.ip !== undefined,
  run: async (task) => {
    const reverse = reverseOf(task.ip ?? '');
    if (reverse === undefined) return;
    const { status, records } = await task.dns.query(reverse, 'PTR');
    if (status === 'fail') task.insert('RDNS_DNSFAIL');
    const [name] = records;
    if (name === undefined) task.insert('RDNS_NONE');
    else task.hostname = name;
  },
};

/** `192.0.2.1` → `1.2.0.192.in-addr.arpa` (RFC 1035, 3.5; RFC 3596, 2.5). */
function reverseOf(ip: string): string | undefined {
  const bytes = ipBytes(ip);
  return bytes && `${reversedIp(bytes)}.${bytes.length === 4 ? 'in-addr' : 'ip6'}.arpa`;
}
