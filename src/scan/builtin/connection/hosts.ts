import { type DnsAnswer, wasAsked } from '../../dns-answer.ts';
import type { Task } from '../../task.ts';
import { isFullName } from './names.ts';

const known = (answer: DnsAnswer): boolean => answer.status === 'ok';

/**
 * Finds out whether a host can get mail: NOT_FQDN, IP_A (it has not the client's address), NORES_A_OR_MX, NORESOLVE_MX
 * (rspamd: src/plugins/lua/hfilter.lua:check_host).
 * @param prefix of the symbols
 * @param ip the address that it should have
 */
export async function checkHost(task: Task, name: string, prefix: string, ip?: string): Promise<void> {
  const host = name.toLowerCase();
  if (!isFullName(host)) return task.insert(`${prefix}_NOT_FQDN`, 1, [host]);
  const answers = await Promise.all([task.dns.query(host, 'A'), task.dns.query(host, 'AAAA')]);
  if (answers.some(({ status }) => status === 'fail') || !answers.every(wasAsked)) return;
  if (ip !== undefined && !answers.some(({ records }) => (records as readonly string[]).includes(ip)))
    task.insert(`${prefix}_IP_A`, 1, [host]);
  if (answers.some(known)) return;
  const mail = await task.dns.query(host, 'MX');
  if (!wasAsked(mail)) return;
  if (!known(mail)) return task.insert(`${prefix}_NORES_A_OR_MX`, 1, [host]);
  await Promise.all(
    mail.records.map(async ({ exchange }) => {
      const addresses = await Promise.all([task.dns.query(exchange, 'A'), task.dns.query(exchange, 'AAAA')]);
      if (addresses.every((answer) => wasAsked(answer) && !known(answer)))
        task.insert(`${prefix}_NORESOLVE_MX`, 1, [exchange]);
    }),
  );
}
