import { ScanError } from '../message/errors.ts';
import { sameName } from '../message/header-names.ts';
import { Headers } from '../message/headers.ts';
import type { ScanReply, ScanRequest, ScanResult } from '../message/scan.ts';
import { type ReplyShape, replyJson, type Scanner } from '../scan/index.ts';
import { sharedZstd, ZstdError } from '../wire/zstd/index.ts';
import type { Backend, Tries } from './backend.ts';

/** What each endpoint answers with (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_url). */
const endpoints: Readonly<Record<string, ReplyShape>> = {
  checkv2: 'checkv2',
  skip: 'checkv2',
  check: 'check',
  symbols: 'check',
  scan: 'check',
  process: 'check',
  report: 'check',
  report_ifspam: 'check',
};

/** Judges messages in this process: an upstream with `self_scan`. */
export class SelfScanBackend implements Backend {
  readonly name: string;
  readonly #scanner: Scanner;
  readonly #maxMessage: number;

  /** @param maxMessage bytes of a message that came compressed, when it is decompressed */
  constructor(name: string, scanner: Scanner, maxMessage: number) {
    this.name = name;
    this.#scanner = scanner;
    this.#maxMessage = maxMessage;
  }

  async scan(request: ScanRequest, tries: Tries): Promise<ScanReply> {
    tries.begun('self-scan');
    const command = commandOf(request.target);
    if (command === 'ping') return pong();
    const shape = Object.hasOwn(endpoints, command) ? endpoints[command] : undefined;
    if (shape === undefined) throw new ScanError('BAD_REQUEST', `there is no command ${request.target}`);
    const scanned = this.#scanner.scan(await plainMessage(request, this.#maxMessage), Date.now());
    const json = replyJson(scanned, this.#scanner.settings, shape);
    return {
      status: 200,
      reason: 'OK',
      headers: Headers.of(['Content-Type', 'application/json']),
      body: Buffer.from(json),
      result: JSON.parse(json) as ScanResult,
      encoding: 'utf8',
      rewritten: undefined,
    };
  }

  async close(): Promise<void> {}
}

/** The message, decompressed where the client says that it is compressed (rspamd: src/libserver/task.c:rspamd_task_load_message). */
async function plainMessage({ headers, body }: ScanRequest, maxMessage: number): Promise<Buffer> {
  const method = headers.get('Compression') ?? headers.get('Content-Encoding');
  if (method === undefined) return body;
  if (!sameName(method, 'zstd')) throw new ScanError('BAD_REQUEST', 'its compression is not zstd');
  const zstd = await sharedZstd();
  try {
    return zstd.decompress(body, maxMessage);
  } catch (error) {
    if (!(error instanceof ZstdError)) throw error;
    throw new ScanError(error.kind === 'too-large' ? 'MESSAGE_TOO_LARGE' : 'BAD_REQUEST', error.message, error);
  }
}

/** The path less its leading slash, without query, in any case. */
function commandOf(target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  return path.replace(/^\//, '').toLowerCase();
}

function pong(): ScanReply {
  return {
    status: 200,
    reason: 'OK',
    headers: Headers.of(['Content-Type', 'text/plain']),
    body: Buffer.from('pong\r\n'),
    result: undefined,
    encoding: 'utf8',
    rewritten: undefined,
  };
}
