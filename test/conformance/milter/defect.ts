import { allowedVerdicts, editProblems, readAnswer, verdictWord } from './answers.ts';
import { type ExpectedMessage, expectedMessages } from './expectations.ts';
import { Mta } from './mta.ts';
import { type Packet, packet, packetOf, verdicts } from './packets.ts';
import type { ProxyUnderTest, RunningProxy } from './proxy-under-test.ts';
import type { ScannerDouble, SeenRequest } from './scanner-double.ts';
import type { Entry, Session } from './session-file.ts';

/**
 * Checks a session in which the original misbehaves. Its packets are no measure then; the rules of the protocol are:
 *
 * - the answer to a negotiation is a subset of the offer, and each step without an agreed no-reply bit gets a `c`;
 * - each end of message gets its edits and then exactly one verdict, one that fits the scanner's answer, and `t` or a
 *   4xx reply where there is none; nothing else is ever sent;
 * - each scan request tells of its own message and SMTP connection only, and of all of it;
 * - a quit ends the session without a word and without a scan;
 * - the connection is closed only by a quit, or where the original closed it too because a packet was broken; otherwise
 *   it still serves a message after the recording has ended.
 */
export async function checkDefect(
  session: Session,
  proxy: ProxyUnderTest,
  running: RunningProxy,
  scanner: ScannerDouble,
): Promise<string[]> {
  const mta = new Mta(await running.connect());
  try {
    return await new DefectRun(session, mta, scanner, proxy).run();
  } finally {
    mta.destroy();
  }
}

/** Steps that get a `c` unless their no-reply bit is agreed. */
const noReplyBits: Readonly<Record<string, number>> = {
  ...{ C: 0x1000, H: 0x2000, M: 0x4000, R: 0x8000, T: 0x10000, U: 0x20000 },
  ...{ L: 0x80, N: 0x40000, B: 0x80000 },
};
const allNoReplyBits = 0xff080;
/** How long nothing must come before the next packet is sent. */
const quietTime = 5;

class DefectRun {
  readonly #session: Session;
  readonly #mta: Mta;
  readonly #scanner: ScannerDouble;
  /** Whether every scan shows: a whole proxy may not reach a scanner that is not there, or may try it again. */
  readonly #countsScans: boolean;
  readonly #patience: number;
  readonly #problems: string[] = [];
  readonly #expected: ReadonlyMap<number, ExpectedMessage>;
  #protocol = allNoReplyBits;
  /** Messages whose verdict is still to come, because the MTA went on without waiting. */
  #open: number[] = [];
  #scans = 0;
  #quit = false;

  constructor(session: Session, mta: Mta, scanner: ScannerDouble, proxy: ProxyUnderTest) {
    this.#session = session;
    this.#mta = mta;
    this.#scanner = scanner;
    this.#countsScans = proxy.scope === 'front end';
    this.#patience = proxy.patience;
    this.#expected = new Map(expectedMessages(session.entries).map((message) => [message.at, message]));
  }

  async run(): Promise<string[]> {
    const { entries } = this.#session;
    for (const [at, entry] of entries.entries()) {
      if (entry.dir === 'milter') continue;
      await this.#send(entry, at);
      if (this.#mta.closed) break;
    }
    await this.#settle();
    if (this.#quit || this.#mta.closed) await this.#checkClose();
    else await this.#probe();
    if (this.#countsScans && this.#scanner.seen.length !== this.#scans)
      this.#problem(`${this.#scanner.seen.length} scan requests for ${this.#scans} ends of messages`);
    return this.#problems;
  }

  async #send(entry: Entry, at: number): Promise<void> {
    if (entry.cmd === 'close') {
      this.#quit = true;
      this.#mta.hangUp();
      return;
    }
    this.#mta.send(entry.bytes);
    if (entry.cmd === 'raw' || entry.bytes.length < 5) return;
    const sent = packetOf(entry.bytes);
    if (sent.cmd === 'O') return this.#negotiation(sent);
    if (sent.cmd === 'Q') this.#quit = true;
    if (sent.cmd === 'E') await this.#endOfMessage(at);
    else if (this.#wantsReply(sent)) await this.#expectContinue(sent, at);
    else if (!(await this.#mta.quiet(quietTime)) && this.#open.length === 0)
      this.#problem(
        `entry ${at}: ${sent.cmd} was answered with ${JSON.stringify(this.#mta.waiting.toString('latin1'))}`,
      );
  }

  async #negotiation({ payload }: Packet): Promise<void> {
    const reply = await this.#mta.packet(this.#patience);
    if (reply === undefined) {
      const old = payload.length === 12 && payload.readUInt32BE(0) < 6;
      if (!this.#mta.closed) this.#problem('the negotiation got no answer');
      else if (!old && !this.#originalCloses()) this.#problem('the connection was closed during the negotiation');
      return;
    }
    if (reply.cmd !== 'O' || reply.payload.length < 12) return this.#problem(`the negotiation got ${reply.cmd}`);
    const [version, actions, protocol] = [0, 4, 8].map((at) => reply.payload.readUInt32BE(at)) as [
      number,
      number,
      number,
    ];
    const [offeredVersion, offeredActions, offeredProtocol] = [0, 4, 8].map((at) => payload.readUInt32BE(at)) as [
      number,
      number,
      number,
    ];
    if (version > Math.min(6, offeredVersion)) this.#problem(`version ${version} for an offer of ${offeredVersion}`);
    if ((actions & ~offeredActions) !== 0)
      this.#problem(`actions ${actions.toString(16)} exceed ${offeredActions.toString(16)}`);
    if ((protocol & ~offeredProtocol) !== 0)
      this.#problem(`protocol ${protocol.toString(16)} exceeds ${offeredProtocol.toString(16)}`);
    this.#protocol = protocol;
  }

  #wantsReply({ cmd }: Packet): boolean {
    return ((noReplyBits[cmd] ?? 0) & ~this.#protocol) !== 0;
  }

  async #expectContinue({ cmd }: Packet, at: number): Promise<void> {
    const reply = await this.#mta.packet(this.#patience);
    if (reply === undefined && this.#mta.closed && this.#originalCloses()) return;
    if (reply?.cmd !== 'c') this.#problem(`entry ${at}: ${cmd} got ${reply?.cmd ?? 'nothing'} instead of c`);
  }

  /** Waits for the verdict unless the MTA of the recording did not. */
  async #endOfMessage(at: number): Promise<void> {
    this.#scans++;
    this.#open.push(at);
    const next = this.#session.entries[at + 1];
    const pipelined = next?.dir === 'mta' && next.cmd !== 'close';
    if (!pipelined) await this.#settle();
    else if (next.cmd === 'A' || next.cmd === 'Q') this.#open.pop();
  }

  /** Takes the verdicts that are due. */
  async #settle(): Promise<void> {
    for (const at of this.#open) {
      const packets = await this.#verdict();
      if (packets === undefined) {
        if (!this.#quit) this.#problem(`entry ${at}: the end of the message got no verdict`);
        break;
      }
      this.#checkMessage(at, packets);
    }
    this.#open = [];
    if (!(await this.#mta.quiet(quietTime)))
      this.#problem(`after the verdict came ${JSON.stringify(this.#mta.waiting.toString('latin1').slice(0, 200))}`);
  }

  async #verdict(): Promise<Packet[] | undefined> {
    const packets: Packet[] = [];
    for (;;) {
      const reply = await this.#mta.packet(this.#patience);
      if (reply === undefined) return undefined;
      packets.push(reply);
      if (verdicts.has(reply.cmd)) return packets;
    }
  }

  #checkMessage(at: number, packets: readonly Packet[]): void {
    const index = [...this.#expected.keys()].indexOf(at);
    const answer = readAnswer(this.#session.exchanges[index]?.response);
    const allowed = allowedVerdicts(this.#session, answer);
    const verdict = verdictWord(packets);
    if (!allowed.includes(verdict)) this.#problem(`entry ${at}: verdict ${verdict} instead of ${allowed.join(' or ')}`);
    for (const problem of editProblems(this.#session, answer, packets, this.#recordedAfter(at)))
      this.#problem(`entry ${at}: ${problem}`);
    const [seen, expected] = [this.#scanner.seen[index], this.#expected.get(at)];
    if (seen === undefined && !this.#countsScans && !this.#scanner.listens) return;
    if (seen === undefined || expected === undefined) this.#problem(`entry ${at}: no scan request`);
    else for (const problem of requestProblems(expected, seen)) this.#problem(`request ${index}: ${problem}`);
  }

  #recordedAfter(at: number): Packet[] {
    const { entries } = this.#session;
    const rest = entries.slice(at + 1);
    const end = rest.findIndex(({ dir, cmd }) => dir === 'mta' || cmd === 'close');
    return (end < 0 ? rest : rest.slice(0, end)).filter(({ cmd }) => cmd !== 'raw').map(({ bytes }) => packetOf(bytes));
  }

  async #checkClose(): Promise<void> {
    if (!(await this.#mta.closes(this.#patience))) this.#problem('a quit did not end the connection');
    if (this.#mta.waiting.length > 0) this.#problem(`${this.#mta.waiting.length} bytes after the quit`);
    if (!this.#quit && !this.#originalCloses()) this.#problem('the connection was closed');
  }

  #originalCloses(): boolean {
    return this.#session.entries.some(({ dir, cmd }) => dir === 'milter' && cmd === 'close');
  }

  /** One more message on the same connection: it gets a verdict, and its request knows nothing of the recording. */
  async #probe(): Promise<void> {
    const commands: ReadonlyArray<readonly [string, string]> = [
      ['A', ''],
      ['M', '<probe@example.org>\0'],
      ['R', '<probe-rcpt@example.org>\0'],
      ['T', ''],
      ['L', 'Subject\0probe\0'],
      ['N', ''],
      ['B', 'probe\r\n'],
    ];
    const version = this.#negotiatedVersion();
    for (const [cmd, payload] of commands) {
      if (cmd === 'T' && version < 4) continue;
      const bytes = packet(cmd, payload);
      this.#mta.send(bytes);
      if (this.#wantsReply(packetOf(bytes))) await this.#expectContinue(packetOf(bytes), -1);
    }
    const before = this.#scanner.seen.length;
    this.#scans++;
    this.#mta.send(packet('E'));
    if ((await this.#verdict()) === undefined) return this.#problem('a further message got no verdict');
    const seen = this.#scanner.seen[before];
    if (seen === undefined && !this.#countsScans) return;
    const [senders, recipients] = [seen?.headers.getAll('From').join(), seen?.headers.getAll('Rcpt').join()];
    if (
      senders !== '<probe@example.org>' ||
      recipients !== '<probe-rcpt@example.org>' ||
      seen?.headers.has('Queue-ID') === true
    )
      this.#problem(`a further message was scanned with the envelope ${senders} ${recipients}`);
    if (seen?.body.toString('latin1') !== 'Subject: probe\r\n\r\nprobe\r\n')
      this.#problem('a further message was scanned with other bytes than its own');
  }

  #negotiatedVersion(): number {
    const offer = this.#session.entries.find(({ dir, cmd }) => dir === 'mta' && cmd === 'O');
    return offer?.bytes.length === 17 ? offer.bytes.readUInt32BE(5) : 6;
  }

  #problem(text: string): void {
    this.#problems.push(text);
  }
}

function requestProblems(expected: ExpectedMessage, seen: SeenRequest): string[] {
  const problems: string[] = [];
  const check = (what: string, wanted: unknown, got: unknown): void => {
    if (JSON.stringify(wanted) !== JSON.stringify(got))
      problems.push(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  if (!expected.body.equals(seen.body))
    check('message', expected.body.toString('latin1'), seen.body.toString('latin1'));
  check('Helo', expected.helo, seen.headers.get('Helo'));
  check('IP is there', expected.hasAddress, seen.headers.has('IP'));
  if (expected.sender !== undefined) check('From', [expected.sender], seen.headers.getAll('From'));
  if (expected.recipients !== undefined) check('Rcpt', expected.recipients, seen.headers.getAll('Rcpt'));
  check('Queue-ID', expected.queueId, seen.headers.get('Queue-ID'));
  return problems;
}
