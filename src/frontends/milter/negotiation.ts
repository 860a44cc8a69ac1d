import { ProtocolError } from '../../message/errors.ts';
import { actionBit, command, milterVersion, noReplyBits, PayloadReader, protocolBit } from '../../wire/milter/index.ts';

/** What both sides agreed on: the numbers of our answer. */
export interface Terms {
  readonly version: number;
  readonly actions: number;
  readonly protocol: number;
}

const baseActions =
  actionBit.addHeaders |
  actionBit.changeBody |
  actionBit.addRecipients |
  actionBit.deleteRecipients |
  actionBit.changeHeaders |
  actionBit.quarantine;

const everyAction = baseActions | actionBit.changeSender | actionBit.addRecipientsWithArguments | actionBit.macroLists;

/** For an MTA that never negotiates: what the original assumes (rspamd: src/libserver/milter_internal.h). */
export const unnegotiated: Terms = {
  version: milterVersion.newest,
  actions: baseActions,
  protocol: noReplyBits,
};

/** Step to the bit that lets it go without a reply; steps that never get one are missing. */
const noReplyBit: ReadonlyMap<number, number> = new Map([
  [command.connect, protocolBit.noReplyToConnect],
  [command.helo, protocolBit.noReplyToHelo],
  [command.mail, protocolBit.noReplyToMail],
  [command.recipient, protocolBit.noReplyToRecipient],
  [command.data, protocolBit.noReplyToData],
  [command.unknown, protocolBit.noReplyToUnknown],
  [command.header, protocolBit.noReplyToHeader],
  [command.endOfHeaders, protocolBit.noReplyToEndOfHeaders],
  [command.body, protocolBit.noReplyToBody],
]);

/**
 * The answer to an offer of an MTA: the highest version both speak, and of the offered actions and protocol bits those
 * that are wanted. MTAs fail the handshake for anything that they did not offer (Postfix: src/milter/milter8.c).
 */
export function negotiate(offer: Buffer, leadingSpace: boolean): Terms {
  const reader = new PayloadReader(offer, 'optneg');
  const version = reader.uint32('version');
  const actions = reader.uint32('actions');
  const protocol = reader.uint32('protocol');
  if (reader.left > 0) throw new ProtocolError(`invalid optneg command (${reader.left} bytes too many)`);
  if (version < milterVersion.oldest) throw new ProtocolError(`invalid protocol version: ${version}`);
  const wanted = leadingSpace ? noReplyBits | protocolBit.leadingSpace : noReplyBits;
  return {
    version: Math.min(version, milterVersion.newest),
    actions: actions & everyAction,
    protocol: protocol & wanted,
  };
}

/** Whether the MTA waits for a `continue` after that command. */
export function wantsReply(terms: Terms, step: number): boolean {
  const bit = noReplyBit.get(step);
  return bit !== undefined && (terms.protocol & bit) === 0;
}
