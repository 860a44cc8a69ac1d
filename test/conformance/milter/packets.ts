/** Packets as their bytes say, read without the code under test. */
export interface Packet {
  /** Command or reply byte as a letter. */
  readonly cmd: string;
  readonly payload: Buffer;
}

/** One packet of its whole bytes, length prefix included. */
export function packetOf(bytes: Buffer): Packet {
  return { cmd: String.fromCharCode(bytes[4] as number), payload: bytes.subarray(5) };
}

export const verdicts: ReadonlySet<string> = new Set(['a', 'd', 'r', 't', 'y']);

/** NUL-terminated strings from `at` on. */
export function strings(payload: Buffer, at = 0): string[] {
  return payload.toString('latin1', at).split('\0').slice(0, -1);
}

/** A packet that edits one header: where (`m`, `i`), which, and to what. */
export interface HeaderEdit {
  readonly cmd: string;
  readonly index: number | undefined;
  readonly name: string;
  readonly value: string;
}

export function headerEdit({ cmd, payload }: Packet): HeaderEdit | undefined {
  if (cmd !== 'h' && cmd !== 'i' && cmd !== 'm') return undefined;
  const [name = '', value = ''] = strings(payload, cmd === 'h' ? 0 : 4);
  return { cmd, index: cmd === 'h' ? undefined : payload.readUInt32BE(0), name, value };
}

export function isDeletion(edit: HeaderEdit | undefined): edit is HeaderEdit {
  return edit?.cmd === 'm' && edit.value === '';
}

/** Letter and meaning of a packet; what differs only in blanks, line ends or doubled `%` gives the same. */
export function meaning(packet: Packet): string {
  const header = headerEdit(packet);
  const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
  if (header !== undefined) return `${header.cmd} ${header.index} ${header.name.toLowerCase()}: ${plain(header.value)}`;
  if (packet.cmd === 'O') return `O ${packet.payload.toString('hex')}`;
  if (packet.cmd === 'b') return 'b';
  const text = strings(packet.payload).join(' ');
  if (packet.cmd !== 'y') return `${packet.cmd} ${plain(text)}`;
  const lines = text.split(/\r?\n/).map((line, at) => (at === 0 ? line : line.replace(/^\d{3}[ -]\d\.\d\.\d /, '')));
  return `y ${plain(
    lines
      .join(' ')
      .replace(/^(\d{3})-/, '$1 ')
      .replace(/%+/g, '%'),
  )}`;
}

/** Bodies of all `b` packets together. */
export function bodyOf(packets: readonly Packet[]): Buffer {
  return Buffer.concat(packets.filter(({ cmd }) => cmd === 'b').map(({ payload }) => payload));
}

/** A packet of our own making. */
export function packet(cmd: string, payload: Buffer | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length + 1);
  head.write(cmd, 4, 'latin1');
  return Buffer.concat([head, bytes]);
}
