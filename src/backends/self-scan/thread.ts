import { parentPort, workerData } from 'node:worker_threads';
import { Headers } from '../../message/headers.ts';
import { loadKnowledge, Resolver, readFakes, replyValue, Scanner } from '../../scan/index.ts';
import { encodeReply } from './encode.ts';
import type { Job, ThreadMessage, ThreadSpec } from './job.ts';

/** The inside of a scan thread: makes a scanner, then answers jobs until its port is closed. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a scan thread was started as a program');
  const say = (message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const { scan, dns, dataFolder } = workerData as ThreadSpec;
  const problems: string[] = [];
  const fakes = readFakes(scan.tree, (problem) => problems.push(problem));
  const resolver = new Resolver({ ...dns, fakes: [...(dns.fakes ?? []), ...fakes] });
  const scanner = new Scanner(scan, {
    resolver,
    knowledge: await loadKnowledge(dataFolder),
    logger: {
      log: (level, module, fn, id, text) => {
        if (level === 'warning' || level === 'notice' || level === 'info')
          say({ kind: 'log', level, module, fn, id, text });
      },
      enabled: (level) => level !== 'debug',
    },
  });
  const answer = async (job: Job): Promise<void> => {
    try {
      const scanned = await scanner.scan({
        id: job.id,
        body: Buffer.from(job.body.buffer, job.body.byteOffset, job.body.byteLength),
        headers: new Headers(job.headers),
        receivedAt: job.receivedAt,
        clientIp: job.clientIp,
      });
      const rules = { subject: scan.subject, publicGroupsOnly: scan.options.publicGroupsOnly };
      const body = Uint8Array.from(encodeReply(replyValue(scanned, rules, job.shape), job.format));
      say({ kind: 'done', number: job.number, body }, [body.buffer]);
    } catch (cause) {
      say({
        kind: 'failed',
        number: job.number,
        reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      });
    }
  };
  port.on('message', (job: Job | 'end') => {
    if (job !== 'end') return void answer(job);
    resolver.close();
    port.close();
    // Nothing that a rule still waits for keeps the thread alive.
    process.exit();
  });
  say({ kind: 'ready', problems: [...problems, ...scanner.problems] });
}

await main();
