import { parentPort, workerData } from 'node:worker_threads';
import { takeCounts } from '../../message/counts.ts';
import { Headers } from '../../message/headers.ts';
import type { Logger } from '../../message/log.ts';
import {
  loadKnowledge,
  portDatagrams,
  Resolver,
  readFakes,
  replyValue,
  Scanner,
  ScanStatistics,
} from '../../scan/index.ts';
import { encodeReply } from './encode.ts';
import type { Job, ThreadData, ThreadMessage, ThreadOrder } from './job.ts';

/** What was counted is told at least so often, so that no more is lost with a thread; milliseconds. */
const countsInterval = 1000;

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
  const logger: Logger = {
    log: (level, module, fn, id, text) => {
      if (level === 'warning' || level === 'notice' || level === 'info')
        say({ kind: 'log', level, module, fn, id, text });
    },
    enabled: (level) => level !== 'debug',
  };
  const statistics = new ScanStatistics();
  const resolver = new Resolver(
    { ...dns, fakes: [...(dns.fakes ?? []), ...fakes] },
    { datagrams, log: logger, counts: statistics.counts },
  );
  const knowledge = await loadKnowledge(dataFolder);
  const scanner = new Scanner(scan, { resolver, datagrams, knowledge, logger, statistics });
  const tellCounts = (): void => {
    const counts = takeCounts(statistics.counts);
    if (counts !== undefined) say({ kind: 'counts', counts });
  };
  const tell = async (): Promise<void> => {
    tellCounts();
    // A store that cannot be reached is told of when a message needs it.
    say({ kind: 'told', learned: await scanner.learned().catch(() => undefined) });
  };
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
  port.on('message', (order: ThreadOrder) => void (order === 'tell' ? tell() : answer(order)));
  setInterval(tellCounts, countsInterval).unref();
  say({ kind: 'ready', problems: [...problems, ...scanner.problems], symbols: scanner.symbols });
}

await main();
