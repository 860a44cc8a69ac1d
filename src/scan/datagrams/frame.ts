/** A datagram on its way between two threads. */
export interface Addressed {
  /** Of the socket. */
  readonly id: number;
  readonly datagram: Buffer;
}

const headerLength = 8;

/** Puts datagrams into memory of its own, which can be handed over: id and length as 32 bits each, bytes. */
export function packFrame(datagrams: readonly Addressed[]): Uint8Array<ArrayBuffer> {
  const length = datagrams.reduce((sum, { datagram }) => sum + headerLength + datagram.length, 0);
  const frame = new Uint8Array(length);
  const view = new DataView(frame.buffer);
  let at = 0;
  for (const { id, datagram } of datagrams) {
    view.setUint32(at, id);
    view.setUint32(at + 4, datagram.length);
    frame.set(datagram, at + headerLength);
    at += headerLength + datagram.length;
  }
  return frame;
}

/** @param frame of packFrame; the datagrams share its memory */
export function* unpackFrame(frame: Uint8Array): Generator<Addressed> {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const end = at + headerLength + bytes.readUInt32BE(at + 4);
    yield { id: bytes.readUInt32BE(at), datagram: bytes.subarray(at + headerLength, end) };
    at = end;
  }
}

/** Collects what one turn of the event loop has to say, to say it at once. */
export class Outbox {
  readonly #post: (frame: Uint8Array<ArrayBuffer>) => void;
  #waiting: Addressed[] = [];

  constructor(post: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#post = post;
  }

  add(id: number, datagram: Buffer): void {
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    this.#waiting.push({ id, datagram });
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const frame = packFrame(this.#waiting);
    this.#waiting = [];
    this.#post(frame);
  }
}
