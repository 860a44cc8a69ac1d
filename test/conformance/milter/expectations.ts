import { type Packet, packetOf, strings } from './packets.ts';
import type { Entry } from './session-file.ts';

/**
 * What a scan request must say at the end of each message of a session, worked out from the packets of the MTA alone and
 * by the rules for a message's scope: whatever belongs to an earlier message or SMTP connection is gone.
 */
export interface ExpectedMessage {
  /** Number of the entry that ends the message. */
  readonly at: number;
  readonly body: Buffer;
  readonly helo: string | undefined;
  readonly hasAddress: boolean;
  /** Undefined where the argument of MAIL is too odd to say. */
  readonly sender: string | undefined;
  /** Undefined where the argument of a RCPT is too odd to say. */
  readonly recipients: readonly string[] | undefined;
  /** Queue id, if a macro of this message gave one. */
  readonly queueId: string | undefined;
}

interface Message {
  parts: Buffer[];
  sender: string | undefined;
  recipients: string[];
  odd: boolean;
  queueId: string | undefined;
}

const freshMessage = (): Message => ({ parts: [], sender: undefined, recipients: [], odd: false, queueId: undefined });
const ordinary = /^<?[\w.+-]+@[\w.-]+>?$|^<>$/;

export function expectedMessages(entries: readonly Entry[]): ExpectedMessage[] {
  const found: ExpectedMessage[] = [];
  let message = freshMessage();
  let helo: string | undefined;
  let hasAddress = false;
  for (const [at, entry] of entries.entries()) {
    if (entry.dir !== 'mta' || entry.bytes.length < 5) continue;
    const packet = packetOf(entry.bytes);
    const [first = ''] = strings(packet.payload);
    if (packet.cmd === 'C') {
      hasAddress = /^[46L]/.test(packet.payload.toString('latin1', first.length + 1));
      helo = undefined;
    } else if (packet.cmd === 'H') helo = first === '' ? undefined : first;
    else if (packet.cmd === 'K') [helo, hasAddress] = [undefined, false];
    if ('CHKA'.includes(packet.cmd)) message = freshMessage();
    else if (packet.cmd === 'M') message = { ...freshMessage(), queueId: message.queueId };
    collect(message, packet);
    if (packet.cmd !== 'E') continue;
    const { sender, recipients, odd, queueId } = message;
    const body = Buffer.concat(message.parts);
    found.push({ at, body, helo, hasAddress, sender, recipients: odd ? undefined : recipients, queueId });
    message = freshMessage();
  }
  return found;
}

/** Bytes, envelope and queue id of one command. */
function collect(message: Message, { cmd, payload }: Packet): void {
  const [first = ''] = strings(payload);
  if (cmd === 'L') {
    const nul = payload.indexOf(0);
    message.parts.push(payload.subarray(0, nul), Buffer.from(': '), payload.subarray(nul + 1, -1), Buffer.from('\r\n'));
  } else if (cmd === 'N') message.parts.push(Buffer.from('\r\n'));
  else if (cmd === 'B' || cmd === 'E') message.parts.push(payload);
  else if (cmd === 'M' && ordinary.test(first)) message.sender = first;
  else if (cmd === 'R' && ordinary.test(first)) message.recipients.push(first);
  else if (cmd === 'R') message.odd = true;
  else if (cmd === 'D') {
    const [, ...pairs] = [payload.subarray(0, 1), ...strings(payload, 1)];
    for (let at = 0; at + 1 < pairs.length; at += 2)
      if (/^(i|\{i\})$/i.test(pairs[at] as string)) message.queueId = pairs[at + 1] as string;
  }
}
