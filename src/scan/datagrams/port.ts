import type { MessagePort } from 'node:worker_threads';
import type { DatagramEvents, DatagramSocket, Datagrams } from './datagrams.ts';
import { Outbox, unpackFrame } from './frame.ts';

/*
 * Threads that may be stopped from outside have no UDP sockets: a datagram that comes in while a thread is being stopped
 * takes the whole process with it (Node 20, UDPWrap::OnRecv). Another thread has the sockets for them.
 */

/** What a thread says to the one with the sockets: datagrams to send (a frame), or what to do with a socket. */
type Order =
  | Uint8Array<ArrayBuffer>
  | { readonly open: number; readonly host: string; readonly port: number }
  | { readonly close: number };

/** What it hears: datagrams that came (a frame), or that a socket is closed. */
type News = Uint8Array<ArrayBuffer> | { readonly failed: number; readonly reason: string };

/** Sockets that another thread has, at the other end of a port. */
export function portDatagrams(port: MessagePort): Datagrams {
  const sockets = new Map<number, DatagramEvents>();
  const say = (order: Order): void => port.postMessage(order, order instanceof Uint8Array ? [order.buffer] : []);
  const outbox = new Outbox(say);
  let last = 0;
  port.on('message', (news: News) => {
    if (news instanceof Uint8Array) {
      for (const { id, datagram } of unpackFrame(news)) sockets.get(id)?.message(datagram);
      return;
    }
    const socket = sockets.get(news.failed);
    sockets.delete(news.failed);
    socket?.failed(news.reason);
  });
  port.unref();
  return {
    connect(host, remotePort, events): DatagramSocket {
      last = (last + 1) % 2 ** 32;
      const id = last;
      sockets.set(id, events);
      say({ open: id, host, port: remotePort });
      return {
        send: (datagram) => outbox.add(id, datagram),
        close: () => {
          if (sockets.delete(id)) say({ close: id });
        },
      };
    },
  };
}

/** Has sockets for the thread at the other end of the port; they are closed when it ends. */
export function serveDatagrams(port: MessagePort, datagrams: Datagrams): void {
  const sockets = new Map<number, DatagramSocket>();
  const say = (news: News): void => port.postMessage(news, news instanceof Uint8Array ? [news.buffer] : []);
  const outbox = new Outbox(say);
  const open = (id: number, host: string, remotePort: number): void => {
    const socket = datagrams.connect(host, remotePort, {
      message: (datagram) => outbox.add(id, datagram),
      failed: (reason) => {
        sockets.delete(id);
        // What came before goes before.
        outbox.flush();
        say({ failed: id, reason });
      },
    });
    sockets.set(id, socket);
  };
  port.on('message', (order: Order) => {
    if (order instanceof Uint8Array) {
      for (const { id, datagram } of unpackFrame(order)) sockets.get(id)?.send(datagram);
    } else if ('open' in order) {
      open(order.open, order.host, order.port);
    } else {
      sockets.get(order.close)?.close();
      sockets.delete(order.close);
    }
  });
  port.on('close', () => {
    for (const socket of sockets.values()) socket.close();
    sockets.clear();
  });
  port.unref();
}
