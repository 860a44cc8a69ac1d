import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { formatPeer } from '../../message/peer.ts';
import type { Host, Opener } from './opener.ts';

/** Hosts whose last session is kept, so that their next handshake is a short one. */
const MAX_SESSIONS = 256;

/**
 * TLS with the name check against the host as the configuration names it, without its port; over a unix socket the
 * certificate must be good, but there is no name to check. (Rspamd checks against `host:port`, which no certificate is
 * valid for: rspamd: src/rspamd_proxy.c.)
 *
 * @param secureContext trusted authorities and ciphers
 */
export function tlsOpener(secureContext: SecureContext): Opener {
  const sessions = new Map<string, Buffer>();
  return {
    tls: true,
    open(host, received): Socket {
      const key = `${formatPeer(host.endpoint)} ${host.name ?? ''}`;
      const session = sessions.get(key);
      const socket = connect({ ...addressOf(host), ...identityOf(host), secureContext, session });
      socket.setNoDelay(true);
      socket.on('data', received);
      keepSession(socket, (fresh) => {
        sessions.delete(key);
        if (sessions.size >= MAX_SESSIONS) sessions.delete(sessions.keys().next().value as string);
        sessions.set(key, fresh);
      });
      return socket;
    },
  };
}

function addressOf({ endpoint }: Host): ConnectionOptions {
  if (endpoint.kind === 'unix') return { path: endpoint.path };
  return { host: endpoint.address, port: endpoint.port };
}

/** Server Name Indication takes no addresses (RFC 6066, section 3). */
function identityOf({ name }: Host): ConnectionOptions {
  if (name === undefined) return { checkServerIdentity: () => undefined };
  return {
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
}

/** A session that is taken up again is not verified again: only those of verified hosts are kept. */
function keepSession(socket: TLSSocket, keep: (session: Buffer) => void): void {
  let early: Buffer | undefined;
  socket.on('session', (session: Buffer) => {
    if (socket.authorized) keep(session);
    else early = session;
  });
  socket.once('secureConnect', () => early !== undefined && keep(early));
}
