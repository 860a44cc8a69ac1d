import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { makeCertificate } from '../support/certificates.ts';
import { type Behaviour, ScriptedScanner, verdict } from '../support/scripted-scanner.ts';
import type { Case, Placed, ScannerSpec } from './case.ts';
import type { SeenScanner } from './observation.ts';
import { pause } from './poll.ts';

/** What stands behind the proxy in one case. */
export interface Scanners {
  readonly running: ReadonlyMap<string, ScriptedScanner>;
  /** As they stand in `hosts`, by name; and `NAME.port`. */
  readonly places: ReadonlyMap<string, string>;
  seen(): Record<string, SeenScanner>;
  port(name: string): number;
  stop(): Promise<void>;
}

/** A script in which each verdict says whose it is. */
export function signed(name: string, script: readonly Behaviour[]): Behaviour[] {
  return script.map((one) => (one === 'ok' ? { json: { ...verdict, scanner: name } } : one));
}

/** @param address of the case, on which nothing but the proxy listens */
export async function startScanners(specs: Case['scanners'], folder: string, address: string): Promise<Scanners> {
  const running = new Map<string, ScriptedScanner>();
  const places = new Map<string, string>();
  const ends: Array<() => Promise<unknown>> = [];
  for (const [name, spec] of Object.entries(specs ?? {})) {
    if (spec === 'refuses') places.set(name, `${address}:1${places.size}`);
    else if (spec === 'missing') places.set(name, join(folder, `${name}.missing`));
    else if (spec === 'full') {
      const { port, stop } = await fullQueue();
      places.set(name, `127.0.0.1:${port}`);
      ends.push(stop);
    } else {
      const scanner = makeScanner(name, spec, folder);
      await scanner.listen();
      ends.push(() => scanner.stop());
      running.set(name, scanner);
      places.set(name, scanner.hosts);
      if (isPlaced(spec) && spec.over === 'tls') {
        const { port, stop } = await encrypted(scanner.port, folder);
        places.set(name, `127.0.0.1:${port}`);
        ends.push(stop);
      }
      places.set(`${name}.port`, `${scanner.port}`);
    }
  }
  return {
    running,
    places,
    seen: () => {
      const all = [...running].map(([name, { connections, requests }]) => [name, { connections, requests }] as const);
      return Object.fromEntries(all);
    },
    port: (name) => running.get(name)?.port ?? 0,
    stop: async () => {
      await Promise.all(ends.map((end) => end()));
    },
  };
}

function makeScanner(name: string, spec: Exclude<ScannerSpec, string>, folder: string): ScriptedScanner {
  if (!isPlaced(spec)) return new ScriptedScanner(signed(name, spec));
  return new ScriptedScanner(
    signed(name, spec.script),
    spec.over === 'unix' ? join(folder, `${name}.sock`) : undefined,
  );
}

function isPlaced(spec: ScannerSpec): spec is Placed {
  return typeof spec === 'object' && 'over' in spec;
}

/** TLS in front of a port of this machine. */
async function encrypted(inner: number, folder: string): Promise<{ port: number; stop: () => Promise<unknown> }> {
  const { cert, key } = makeCertificate(folder, 'scanner', ['IP:127.0.0.1']);
  const sockets = new Set<Duplex>();
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const plain = connect(inner, '127.0.0.1');
    for (const one of [socket, plain]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => sockets.delete(one));
    }
    socket.pipe(plain).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** Listens, and never accepts again: its thread sleeps. */
const sleeper = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address());
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

/** A port on which connecting hangs: all places for connections that wait to be accepted are taken. */
async function fullQueue(): Promise<{ port: number; stop: () => Promise<unknown> }> {
  const thread = new Worker(sleeper, { eval: true });
  const [{ port }] = (await once(thread, 'message')) as [AddressInfo];
  const waiting: Socket[] = [];
  for (let connected = true; connected; ) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    waiting.push(socket);
    connected = await Promise.race([once(socket, 'connect').then(() => true), pause(150).then(() => false)]);
  }
  return {
    port,
    stop: async () => {
      for (const socket of waiting) socket.destroy();
      await thread.terminate();
    },
  };
}
