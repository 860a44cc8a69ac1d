import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { Agent, request } from 'undici';
import { fileProblem } from './file-problem.ts';
import { type Io, wantsColor } from './io.ts';
import { addTreeOptions, adopt, treeFlags } from './options.ts';
import { renderVerdict } from './verdict.ts';

export interface ScanOptions {
  readonly connect: string;
  readonly from?: string;
  readonly rcpt?: readonly string[];
  readonly ip?: string;
  readonly helo?: string;
  readonly hostname?: string;
  readonly user?: string;
  readonly header?: readonly Header[];
  readonly json?: boolean;
  readonly local?: boolean;
  readonly timeout: number;
}

/** Sends messages through a running proxy and prints what it says of them. @returns the exit code */
export async function scan(files: readonly string[], options: ScanOptions, io: Io): Promise<number> {
  const target = targetOf(options.connect);
  if (target === undefined) {
    io.stderr.write(
      `${options.connect} is no address of an HTTP listener: write HOST, HOST:PORT, [V6]:PORT or the path of a socket\n`,
    );
    return 1;
  }
  const headers = envelope(options);
  let failed = 0;
  for (const file of files.length === 0 ? ['-'] : files) {
    try {
      const started = performance.now();
      const reply = await ask(target, headers, readFileSync(file === '-' ? 0 : file), options.timeout);
      const took = performance.now() - started;
      io.stdout.write(
        options.json === true ? `${reply}\n` : renderVerdict(file, reply, took, wantsColor(io.stdout, io)),
      );
    } catch (cause) {
      failed++;
      io.stderr.write(`${file}: ${explain(cause as NodeJS.ErrnoException, options.connect)}\n`);
    }
  }
  await target.dispatcher.close();
  return failed === 0 ? 0 : 1;
}

interface Target {
  readonly origin: string;
  readonly dispatcher: Agent;
}

/** `host`, `host:port`, `[v6]:port` or the path of a unix socket. */
function targetOf(connect: string): Target | undefined {
  if (connect.startsWith('/'))
    return { origin: 'http://localhost', dispatcher: new Agent({ connect: { socketPath: connect } }) };
  const withPort = /:\d+$/.test(connect) ? connect : `${connect}:11333`;
  const origin = `http://${withPort}`;
  return URL.canParse(origin) ? { origin, dispatcher: new Agent() } : undefined;
}

function envelope(options: ScanOptions): string[] {
  const { from, rcpt = [], ip, helo, hostname, user, header = [] } = options;
  const named = { From: from, IP: ip, Helo: helo, Hostname: hostname, User: user };
  const fields = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  return [...fields, ...rcpt.flatMap((one) => ['Rcpt', one]), ...header.flat()];
}

async function ask({ origin, dispatcher }: Target, headers: string[], body: Buffer, seconds: number): Promise<string> {
  const limits = { signal: AbortSignal.timeout(seconds * 1000), headersTimeout: 0, bodyTimeout: 0 };
  const reply = await request(`${origin}/checkv2`, { method: 'POST', dispatcher, headers, body, ...limits });
  const text = await reply.body.text();
  if (reply.statusCode !== 200) throw new Error(`the proxy answered ${reply.statusCode}: ${text.trim()}`);
  return text;
}

function explain(error: NodeJS.ErrnoException, connect: string): string {
  if (error.code === 'ECONNREFUSED' || (error.code === 'ENOENT' && error.syscall === 'connect'))
    return `nothing listens on ${connect}; start the proxy, or name its HTTP listener with --connect`;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `there is no host ${connect}`;
  if (error.code === 'EISDIR') return 'this is a folder; --local scans all that is in it';
  if (error.name === 'TimeoutError') return `no verdict in time; --timeout waits longer`;
  if (error.code === 'UND_ERR_SOCKET')
    return `${connect} closed the connection; is it a milter listener? scan speaks HTTP`;
  return fileProblem(error);
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

type Header = readonly [name: string, value: string];

function collectHeader(line: string, before: readonly Header[] = []): Header[] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)[=:] *([^\r\n]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write NAME=VALUE.');
  return [...before, [name, value]];
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0) || value > 86_400) throw new InvalidArgumentError('write a number of seconds.');
  return value;
}

export function scanCommand(io: Io): Command {
  const command = addTreeOptions(new Command('scan'))
    .description('send messages through a running proxy and show the verdict, or scan them here (--local)')
    .argument('[files...]', 'messages; - or nothing for standard input; with --local also folders')
    .option('-l, --local', 'scan here, without a proxy, by the rules of the configuration')
    .option(
      '-h, --connect <address>',
      'HTTP listener of the proxy: HOST, HOST:PORT or the path of a socket',
      '127.0.0.1:11333',
    )
    .option('-F, --from <address>', 'envelope sender')
    .option('-r, --rcpt <address>', 'envelope recipient; may be repeated', collect)
    .option('-i, --ip <address>', 'address of the SMTP client')
    .option('--helo <name>', 'what the SMTP client said in HELO')
    .option('--hostname <name>', 'name of the SMTP client')
    .option('-u, --user <name>', 'user that the SMTP client logged in as')
    .option('--header <name=value>', 'a further request header; may be repeated', collectHeader)
    .option('-t, --timeout <seconds>', 'how long to wait for the verdict', seconds, 300)
    .option('-j, --json', 'print the reply as it comes')
    .helpOption('--help', 'show this help')
    .action(async (files: string[], _options: unknown, self: Command) => {
      const options = self.opts() as ScanOptions;
      if (options.local !== true) return io.setExitCode(await scan(files, options, io));
      // The scan engine takes its time to load.
      const { scanLocal } = await import('./scan-local.ts');
      const { json } = options;
      const local = { ...treeFlags(self), headers: envelope(options), ...(json === true && { json }) };
      io.setExitCode(await scanLocal(files, local, io));
    });
  return adopt(command, io);
}
