/** Hears what comes to one UDP socket. */
export interface DatagramEvents {
  message(datagram: Buffer): void;
  /** The socket is closed then. @param reason as the system words it */
  failed(reason: string): void;
}

/** A UDP socket that exchanges datagrams with one address only. */
export interface DatagramSocket {
  /** What cannot be sent shows as a failure of the socket. */
  send(datagram: Buffer): void;
  /** Nothing is heard of it from now on. */
  close(): void;
}

/** Where UDP sockets come from. They do not keep a process alive: the timers of whoever waits do. */
export interface Datagrams {
  /** @param host a numeric address */
  connect(host: string, port: number, events: DatagramEvents): DatagramSocket;
}
