import { lookup } from 'node:dns/promises';
import { chmodSync, chownSync, lstatSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { Listener, SystemdListener, UnixListener } from '../config/index.ts';

/** A bound socket that the main process holds, so that it outlives every worker that accepts on it. */
export interface OpenSocket {
  readonly fd: number;
  /** `127.0.0.1:11332`, `[::]:11332` or a path, as people write it. */
  readonly label: string;
  /** Whether its clients come over a unix socket; undefined where only the descriptor is known. */
  readonly unix: boolean | undefined;
  close(): void;
}

/** A listener cannot be opened; `message` says which and why. */
export class ListenError extends Error {}

/** What Node itself binds sockets with (lib/net.js); its cluster module has it from there. */
interface Handle {
  readonly fd: number;
  close(): void;
  getsockname?(out: object): number;
}
type CreateHandle = (address: string, port: number, type: 4 | 6 | -1, fd?: number, flags?: number) => Handle | number;
const createHandle = (net as unknown as { _createServerHandle: CreateHandle })._createServerHandle;

/** libuv's UV_TCP_IPV6ONLY: a wildcard of each family may stand beside the other. */
const ipv6Only = 1;

/** Descriptors that systemd hands over begin here (sd_listen_fds(3)). */
const firstSystemdFd = 3;

/**
 * Binds a `bind_socket` line; a name binds every address it stands for.
 * @throws ListenError
 */
export async function openListener(listener: Listener, env: NodeJS.ProcessEnv): Promise<OpenSocket[]> {
  switch (listener.kind) {
    case 'unix':
      return [openUnix(listener)];
    case 'systemd':
      return [adopt(listener, env)];
    case 'inet': {
      const addresses = await addressesOf(listener.host, listener.families);
      return addresses.map((address) => openInet(address, listener.port));
    }
  }
}

async function addressesOf(host: string | undefined, families: 'both' | 4 | 6): Promise<string[]> {
  if (host === undefined) return families === 'both' ? ['0.0.0.0', '::'] : [families === 4 ? '0.0.0.0' : '::'];
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (cause) {
    throw new ListenError(`cannot resolve ${host}: ${(cause as Error).message}`, { cause });
  }
}

function openInet(address: string, port: number): OpenSocket {
  const family = net.isIPv6(address) ? 6 : 4;
  const label = family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  const handle = createHandle(address, port, family, undefined, family === 6 ? ipv6Only : 0);
  if (typeof handle === 'number') throw refused(label, handle);
  // libuv tells of a port in use not when it binds but at the next call.
  const error = handle.getsockname?.({}) ?? 0;
  if (error < 0) {
    handle.close();
    throw refused(label, error);
  }
  return { fd: handle.fd, label, unix: false, close: () => handle.close() };
}

function openUnix(listener: UnixListener): OpenSocket {
  const { path } = listener;
  removeStale(path);
  const handle = createHandle(path, -1, -1);
  if (typeof handle === 'number') throw refused(path, handle);
  try {
    setPermissions(listener);
  } catch (cause) {
    handle.close();
    throw cause;
  }
  return { fd: handle.fd, label: path, unix: true, close: () => handle.close() };
}

/** @throws ListenError */
export function setPermissions({ path, mode, uid, gid }: UnixListener): void {
  try {
    if (uid !== undefined || gid !== undefined) chownSync(path, uid ?? -1, gid ?? -1);
    chmodSync(path, mode);
  } catch (cause) {
    throw new ListenError(`cannot set owner and mode of ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The socket of a process that has ended stands in the way; anything else of that name is not ours to remove. */
function removeStale(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path);
}

function adopt({ id, line }: SystemdListener, env: NodeJS.ProcessEnv): OpenSocket {
  const count =
    env['LISTEN_PID'] === undefined || Number(env['LISTEN_PID']) === process.pid ? Number(env['LISTEN_FDS'] ?? 0) : 0;
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  const index = typeof id === 'number' ? id : names.indexOf(id);
  if (index < 0 || index >= count) throw new ListenError(`systemd passed no socket ${id} (it passed ${count})`);
  return { fd: firstSystemdFd + index, label: line, unix: undefined, close: () => {} };
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there, perhaps the proxy of an Rspamd',
  EACCES: 'ports below 1024 are for root, sockets belong in a folder that may be written',
  EADDRNOTAVAIL: 'this machine has no such address',
};

function refused(label: string, code: number): ListenError {
  const [name, what] = getSystemErrorMap().get(code) ?? [`error ${code}`, 'unknown'];
  const advice = hints[name];
  return new ListenError(`cannot listen on ${label}: ${what} (${name})${advice === undefined ? '' : `; ${advice}`}`);
}
