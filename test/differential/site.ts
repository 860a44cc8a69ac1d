import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DnsServer, openDnsServer } from '../support/dns-server.ts';
import { freePort } from '../support/free-port.ts';
import type { Ask, Case, Step } from './case.ts';
import { ask } from './clients.ts';
import type { Observation, SeenReply } from './observation.ts';
import { configName, logName, type Peer, type Running, startPeer } from './peers/peer.ts';
import { pause, poll } from './poll.ts';
import { type Scanners, signed, startScanners } from './scanners.ts';

/** The port of every proxy; each has an address of its own. */
const port = 11332;
/** Longest time in milliseconds for something that a step waits for. */
const stepLimit = 25_000;

/** A line of the log may come a little after the reply that it is about. */
const settleLimit = 10_000;

/**
 * Runs a case on a peer: sets everything up, takes the steps, and says what was seen. Nothing is left behind.
 * @param complete whether all that was expected has been seen; where it has not, a moment is given to it
 */
export async function observe(peer: Peer, one: Case, complete: (seen: Observation) => boolean): Promise<Observation> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-differential-'));
  const address = nextAddress();
  const scanners = await startScanners(one.scanners, folder, address);
  const dns = one.zone && (await openDnsServer(one.zone(scanners.port)));
  const network = { host: networkAddress, port: await freePort() };
  const site = new Site(one, { peer, folder, address, dns, scanners, network });
  try {
    await site.start();
    for (const step of one.steps ?? []) await site.take(step);
    await site.join();
    await poll(settleLimit, 'what was expected', () => complete(site.observation())).catch(() => {});
    return kept(site.observation(), readdirSync(folder));
  } finally {
    await site.end();
    await dns?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The observation without need of the folder, which is removed next. */
function kept(seen: Observation, names: readonly string[]): Observation {
  const files = new Map(names.map((name) => [name, seen.file(name)]));
  return { ...seen, file: (name) => files.get(name) };
}

interface Surroundings {
  readonly peer: Peer;
  readonly folder: string;
  readonly address: string;
  readonly dns: DnsServer | undefined;
  readonly scanners: Scanners;
  /** Address and port in the network of this machine; no address where it has none. */
  readonly network: { readonly host: string | undefined; readonly port: number };
}

class Site {
  readonly #case: Case;
  readonly #around: Surroundings;
  readonly #asked: Array<Promise<SeenReply[]>> = [];
  readonly #replies: SeenReply[] = [];
  readonly #sockets: Socket[] = [];
  readonly #workers: Record<string, number> = {};
  #running: Running | undefined;

  constructor(one: Case, around: Surroundings) {
    this.#case = one;
    this.#around = around;
  }

  async start(): Promise<void> {
    const { peer, folder } = this.#around;
    const { count: workers = 1, args = [] } = this.#case;
    this.#configure(this.#case);
    const running = await startPeer({ peer, folder, workers, args: args.map((word) => this.#filled(word)) });
    this.#running = running;
    if (this.#case.refused) await running.ended(stepLimit);
    else if (running.exit !== undefined) throw new Error(`it ended (${running.exit}):\n${running.log()}`);
  }

  async take(step: Step): Promise<void> {
    const running = this.#proxy;
    const { scanners, dns, folder } = this.#around;
    const scanner = 'scanner' in step ? scanners.running.get(step.scanner) : undefined;
    switch (step.do) {
      case 'ask':
        await this.#ask(step);
        break;
      case 'join':
        await this.join();
        break;
      case 'connect':
        for (let left = step.count; left > 0; left--) this.#connect(step);
        break;
      case 'disconnect':
        this.#sockets.shift()?.destroy();
        break;
      case 'wait':
        await pause(step.seconds * 1000);
        break;
      case 'await':
        await poll(stepLimit, `requests at ${step.scanner}`, () => (scanner?.requests.length ?? 0) >= step.requests);
        break;
      case 'play':
        scanner?.play(...signed(step.scanner, step.script));
        break;
      case 'zone':
        if (dns !== undefined) dns.zone = step.zone(scanners.port);
        break;
      case 'signal':
        if (step.to === 'main') running.signal(step.signal);
        else for (const pid of running.workers()) process.kill(pid, step.signal);
        break;
      case 'reload':
        await this.#reload(step);
        break;
      case 'move log':
        renameSync(join(folder, logName), join(folder, `${logName}.1`));
        break;
      case 'log':
        await this.#logged(step.has, step.times ?? 1);
        break;
      case 'exit':
        await running.ended(step.within * 1000);
        break;
      case 'count workers':
        this.#workers[step.as] = running.workers().length;
    }
  }

  /** Waits for what was sent in the background. */
  async join(): Promise<void> {
    const all = await Promise.all(this.#asked.splice(0));
    this.#replies.push(...all.flat());
  }

  observation(): Observation {
    const { scanners, folder } = this.#around;
    return {
      replies: this.#replies,
      scanners: scanners.seen(),
      log: this.#proxy.log(),
      exit: this.#proxy.exit,
      workers: this.#workers,
      file: (name) => textOf(join(folder, name)),
    };
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    // Without scanners and clients it has nothing to wait for.
    await this.#around.scanners.stop();
    await this.#running?.stop();
    await Promise.all(this.#asked);
  }

  get #proxy(): Running {
    if (this.#running === undefined) throw new Error('it was not started');
    return this.#running;
  }

  async #ask(step: Ask): Promise<void> {
    const { times = 1, every, atOnce, background } = step;
    const together = every !== undefined || atOnce === true || background === true;
    const started = performance.now();
    for (let n = 0; n < times; n++) {
      if (every !== undefined) await pause(Math.max(0, started + n * every * 1000 - performance.now()));
      const replies = ask(this.#where(step.via), this.#filledAsk(step, n));
      this.#asked.push(replies);
      if (!together) await replies;
    }
    if (background !== true) await this.join();
  }

  #connect({ via }: Extract<Step, { do: 'connect' }>): void {
    const socket = connect(this.#where(via));
    socket.on('error', () => {});
    socket.resume();
    this.#sockets.push(socket);
  }

  async #reload({ worker, text, says }: Extract<Step, { do: 'reload' }>): Promise<void> {
    const before = countOf(this.#proxy.log(), says);
    this.#configure({ ...this.#case, ...(worker !== undefined && { worker }), ...(text !== undefined && { text }) });
    this.#proxy.signal('SIGHUP');
    await this.#logged(says, before + 1);
  }

  #logged(has: RegExp, times: number): Promise<void> {
    return poll(stepLimit, `${has} in the log`, () => countOf(this.#proxy.log(), has) >= times);
  }

  #where(via: Ask['via']): NetConnectOpts {
    const { folder, address, network } = this.#around;
    if (via === 'unix') return { path: join(folder, 'proxy.sock') };
    if (via === 'network') return { host: network.host ?? address, port: network.port };
    return { port, host: address, ...(via !== undefined && { localAddress: via.from }) };
  }

  #configure(one: Pick<Case, 'text' | 'top' | 'options' | 'worker' | 'count'>): void {
    writeFileSync(join(this.#around.folder, configName), this.#filled(one.text ?? configuration(one)));
    writeFileSync(join(this.#around.folder, 'tld.dat'), 'com\norg\nnet\nexample\n');
  }

  #filledAsk(step: Ask, index: number): Ask {
    const { raw, headers, numbered } = step;
    const target = numbered ? `/checkv2?n=${index}` : step.target;
    return {
      ...step,
      ...(raw !== undefined && { raw: this.#filled(raw) }),
      ...(headers !== undefined && { headers: headers.map((line) => this.#filled(line)) }),
      ...(target !== undefined && { target: this.#filled(target) }),
    };
  }

  #filled(text: string): string {
    const { scanners, folder, address, dns, network } = this.#around;
    const own: Readonly<Record<string, string>> = {
      folder,
      address,
      dns: dns?.address ?? `${address}:53`,
      network: `${network.host}:${network.port}`,
    };
    return text.replace(/<([\w.]+)>/g, (whole, name: string) => own[name] ?? scanners.places.get(name) ?? whole);
  }
}

/** Undefined where there is no such file; of what is none (a socket) nothing. */
function textOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? readFileSync(path, 'latin1') : stat && '';
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(new RegExp(pattern.source, 'g'))?.length ?? 0;
}

/** One that is no loopback address; undefined on a machine that is in no network. */
export const networkAddress: string | undefined = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

let addresses = 0;

/** An address of this machine on which nobody else listens: no port has to be found, and none can be taken away. */
function nextAddress(): string {
  addresses++;
  return `127.${64 + ((process.pid >> 8) & 127)}.${process.pid & 255}.${1 + (addresses % 254)}`;
}

/** What the original needs to start fast and alone; none of it makes a difference to us. */
function configuration({ worker, options = '', top = '', count = 1 }: Omit<Case, 'row' | 'title' | 'expect'>): string {
  const logging = /^\s*logging\b/m.test(top) ? '' : 'logging { type = "console"; level = "info"; }';
  return `
options {
  filters = "";
  disable_hyperscan = true;
  url_tld = "<folder>/tld.dat";
  hs_cache_dir = "<folder>";
  tempdir = "<folder>";
  pidfile = "<folder>/rspamd.pid";
  control_socket = "<folder>/control.sock mode=0600";
  history_file = "<folder>/history";
  stats_file = "<folder>/stats";
  dns { nameserver = ["<dns>"]; timeout = 0.1s; retransmits = 1; }
  ${options}
}
${logging}
${top}
worker "rspamd_proxy" {
  bind_socket = "<address>:${port}";
  count = ${count};
  ${worker}
}
`;
}
