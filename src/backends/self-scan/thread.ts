import { parentPort, workerData } from 'node:worker_threads';
import { Headers } from '../../message/headers.ts';
import { loadKnowledge, portDatagrams, Resolver, readFakes, replyValue, Scanner } from '../../scan/index.ts';
import { encodeReply } from './encode.ts';
import type { Job, ThreadData, ThreadMessage } from './job.ts';

/** The inside of a scan thread: makes a scanner, then answers jobs until its port is closed. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a scan thread was started as a program');
  const say = (message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const { scan, dns, dataFolder, datagrams: datagramPort } = workerData as ThreadData;
  const datagrams = portDatagrams(datagramPort);
  const problems: string[] = [];
  const fakes = readFakes(scan.tree, (problem) => problems.push(problem));
  const resolver = new Resolver({ ...dns, fakes: [...(dns.fakes ?? []), ...fakes] }, datagrams);
  const scanner = new Scanner(scan, {
    resolver,
    datagrams,
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
  port.on('message', (job: Job) => void answer(job));
  say({ kind: 'ready', problems: [...problems, ...scanner.problems] });
}

await main();
