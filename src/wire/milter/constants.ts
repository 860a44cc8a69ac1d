/**
 * Numbers of the milter protocol, versions 2 to 6 (Sendmail: include/libmilter/mfdef.h; Postfix: src/milter/milter8.c).
 * A packet is a big-endian uint32 length `n`, one byte of command or reply, and `n - 1` bytes of payload.
 */

const byte = (letter: string): number => letter.charCodeAt(0);

/** MTA to milter. */
export const command = {
  abort: byte('A'),
  body: byte('B'),
  connect: byte('C'),
  macro: byte('D'),
  endOfMessage: byte('E'),
  helo: byte('H'),
  quitNewConnection: byte('K'),
  header: byte('L'),
  mail: byte('M'),
  endOfHeaders: byte('N'),
  negotiate: byte('O'),
  quit: byte('Q'),
  recipient: byte('R'),
  data: byte('T'),
  unknown: byte('U'),
} as const;

/** Milter to MTA. */
export const replyByte = {
  addRecipient: byte('+'),
  deleteRecipient: byte('-'),
  accept: byte('a'),
  replaceBody: byte('b'),
  continue: byte('c'),
  discard: byte('d'),
  changeSender: byte('e'),
  addHeader: byte('h'),
  insertHeader: byte('i'),
  changeHeader: byte('m'),
  negotiate: byte('O'),
  progress: byte('p'),
  quarantine: byte('q'),
  tempfail: byte('t'),
  replyCode: byte('y'),
} as const;

/** What a milter may do to a message: the MTA offers bits, the milter answers with those it wants. */
export const actionBit = {
  addHeaders: 0x01,
  changeBody: 0x02,
  addRecipients: 0x04,
  deleteRecipients: 0x08,
  changeHeaders: 0x10,
  quarantine: 0x20,
  changeSender: 0x40,
  addRecipientsWithArguments: 0x80,
  macroLists: 0x100,
} as const;

/** Which steps go without a reply, and how header values are written. */
export const protocolBit = {
  noReplyToHeader: 0x80,
  noReplyToConnect: 0x1000,
  noReplyToHelo: 0x2000,
  noReplyToMail: 0x4000,
  noReplyToRecipient: 0x8000,
  noReplyToData: 0x10000,
  noReplyToUnknown: 0x20000,
  noReplyToEndOfHeaders: 0x40000,
  noReplyToBody: 0x80000,
  leadingSpace: 0x100000,
} as const;

/** Every no-reply bit and nothing else. */
export const noReplyBits = 0xff080;

export const milterVersion = { oldest: 2, newest: 6 } as const;

export const wireLimits = {
  /** Payload bytes of one packet (rspamd: src/libserver/milter.c:rspamd_milter_consume_input, 2 * 65536). */
  payloadBytes: 131_072,
  /** Body bytes per `b` packet: what libmilter sends at most and every MTA takes. */
  bodyPacketBytes: 65_535,
} as const;
