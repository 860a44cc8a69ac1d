import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Peer } from '../../message/peer.ts';

/** Where a connection goes. */
export interface Host {
  readonly endpoint: Peer;
  /** What its certificate must be valid for: name or address without port; undefined for unix sockets. */
  readonly name: string | undefined;
}

/** How connections come to be. */
export interface Opener {
  /** Nothing may be sent before the socket's `secureConnect` event. */
  readonly tls: boolean;
  /** @param received to be called with what comes in; the bytes are its own from then on */
  open(host: Host, received: (chunk: Buffer) => void): Socket;
  /**
   * Connects a socket of `open` anew that was connected, has nothing left to send and is closed: a quarter less work than
   * with a new one. Undefined where that cannot be done.
   */
  readonly reopen?: ((host: Host, socket: Socket) => void) | undefined;
}

/** What the system reads into: nothing of it is kept when the next reading begins, whatever the connection. */
const arrivals = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Plain TCP and unix sockets. All read into one buffer: without it each reading costs an allocation of 64 KiB and a pass
 * through a stream.
 */
export const plainOpener: Opener = {
  tls: false,
  open({ endpoint }, received) {
    const onread = {
      buffer: arrivals,
      callback: (count: number): boolean => {
        received(Buffer.from(arrivals.subarray(0, count)));
        return true;
      },
    };
    return connect({ ...placeOf(endpoint), onread });
  },
  reopen: ({ endpoint }, socket) => void socket.connect(placeOf(endpoint)),
};

function placeOf(endpoint: Peer): NetConnectOpts {
  if (endpoint.kind === 'unix') return { path: endpoint.path };
  return { host: endpoint.address, port: endpoint.port, noDelay: true };
}
