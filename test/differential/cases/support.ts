import { type Behaviour, verdict } from '../../support/scripted-scanner.ts';
import type { Range, ReplyPattern } from '../case.ts';

/** One upstream that takes all requests. */
export function to(hosts: string, more = ''): string {
  return `upstream "scanner" { default = yes; hosts = "${hosts}"; ${more} }`;
}

/** That many seconds. Nothing is early; on a busy machine everything may be late. */
export function about(seconds: number): Range {
  return [seconds - 0.03, seconds * 1.3 + 4];
}

/** Without any waiting. */
export const atOnce: Range = [0, 4];

export function times<T>(count: number, one: T): T[] {
  return Array.from({ length: count }, () => one);
}

export function verdictsBy(names: string): ReplyPattern[] {
  return names.split(' ').map((by) => ({ is: 'verdict', by }));
}

/** Messages are sent as they are: the scanner is not handed shared memory. */
export const inline = 'allow_file_and_shm_inputs = false;';

/** A verdict after so many seconds. */
export function late(seconds: number): Behaviour {
  return (socket) => {
    const text = JSON.stringify(verdict);
    const head = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n`;
    const timer = setTimeout(() => socket.end(`${head}\r\n${text}`), seconds * 1000);
    socket.on('close', () => clearTimeout(timer));
  };
}
