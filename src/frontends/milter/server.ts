import type { Socket } from 'node:net';
import type { Peer } from '../../message/peer.ts';
import type { MilterOptions } from './options.ts';
import type { Wire } from './outbox.ts';
import { MilterSession, type SessionServices } from './session.ts';

/** Runs milter sessions on sockets that somebody else accepts, counts and limits. */
export interface MilterServer {
  /** Takes over an accepted socket. It is destroyed when the session ends: count connections by its `close` event. */
  handleConnection(socket: Socket, peer: Peer): void;
  /** Sessions that are open. */
  readonly connections: number;
  /** Lets every session go on until its MTA ends it; resolves when none is left. */
  retire(): Promise<void>;
  /** Closes idle sessions now and the others after the verdict of their message; resolves when none is left. */
  drain(): Promise<void>;
  /** Ends every session at once. */
  destroy(): void;
}

const tickInterval = 1000;

export function createMilterServer(options: MilterOptions, services: SessionServices): MilterServer {
  const sessions = new Set<MilterSession>();
  let ticker: NodeJS.Timeout | undefined;
  let draining = false;
  let whenEmpty: Array<() => void> = [];

  // One coarse timer for all sessions, and none while there are none.
  const enter = (session: MilterSession): void => {
    sessions.add(session);
    ticker ??= setInterval(() => {
      for (const one of sessions) one.tick();
    }, tickInterval);
  };
  const leave = (session: MilterSession): void => {
    sessions.delete(session);
    if (sessions.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
    for (const resolve of whenEmpty) resolve();
    whenEmpty = [];
  };

  const empty = (): Promise<void> =>
    sessions.size === 0 ? Promise.resolve() : new Promise((resolve) => whenEmpty.push(resolve));

  return {
    get connections() {
      return sessions.size;
    },
    handleConnection(socket, peer) {
      const session = new MilterSession(options, services, peer, wireOf(socket));
      attach(socket, session);
      enter(session);
      socket.once('close', () => leave(session));
      if (draining) session.drain();
    },
    retire: empty,
    drain() {
      draining = true;
      for (const session of sessions) session.drain();
      return empty();
    },
    destroy() {
      for (const session of sessions) session.fail('the proxy is stopping');
    },
  };
}

function wireOf(socket: Socket): Wire {
  return {
    write(pieces) {
      if (pieces.length === 1) return socket.write(pieces[0] as Buffer);
      socket.cork();
      let room = true;
      for (const piece of pieces) room = socket.write(piece);
      socket.uncork();
      return room;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => socket.destroySoon(),
  };
}

function attach(socket: Socket, session: MilterSession): void {
  socket.setNoDelay(true);
  socket.on('data', (chunk) => session.receive(chunk));
  socket.on('drain', () => session.drained());
  socket.on('end', () => session.end());
  socket.on('error', (error) => session.fail(error.message));
  socket.on('close', () => session.fail('connection closed'));
}
