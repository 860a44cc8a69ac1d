import { ScanError } from '../../message/errors.ts';
import { Headers, type ReadonlyHeaders } from '../../message/headers.ts';
import type { ReplyContent, ScanReply, ScanRequest, ScanResult } from '../../message/scan.ts';
import { sharedZstd, type Zstd, ZstdError } from '../../wire/zstd/index.ts';
import type { Backend, Tries } from '../backend.ts';
import { contentTypes } from './content-types.ts';
import { formAnswer, readForm, writeForm } from './form.ts';
import type { Job, ReplyFormat } from './job.ts';
import type { ScanPool } from './pool.ts';

/** What each endpoint answers with (rspamd: src/libserver/protocol.c:rspamd_protocol_handle_url). */
const endpoints: Readonly<Record<string, Job['shape']>> = {
  checkv2: 'modern',
  checkv3: 'modern',
  skip: 'skip',
  check: 'old',
  symbols: 'old',
  scan: 'old',
  process: 'old',
  report: 'old',
  report_ifspam: 'old',
};

/** Bodies of that type are text for the log and the milter; others are read by nobody here. */
interface Answer {
  readonly format: ReplyFormat;
  /** The reply itself, before it was wrapped or compressed. */
  readonly plain: Buffer;
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Judges messages in this process: an upstream with `self_scan`. */
export class SelfScanBackend implements Backend {
  readonly name: string;
  readonly #pool: ScanPool;
  readonly #maxMessage: number;
  readonly #metrics: () => Promise<string>;

  /**
   * @param maxMessage bytes of a message that came compressed, when it is decompressed
   * @param metrics what was counted, for Prometheus
   */
  constructor(name: string, pool: ScanPool, maxMessage: number, metrics: () => Promise<string>) {
    this.name = name;
    this.#pool = pool;
    this.#maxMessage = maxMessage;
    this.#metrics = metrics;
  }

  async scan(request: ScanRequest, tries: Tries): Promise<ScanReply> {
    tries.begun('self-scan');
    const { command, parameters } = splitTarget(request.target);
    if (command === 'ping') return plainReply('text/plain', 'pong\r\n');
    if (command === 'metrics')
      return plainReply('application/openmetrics-text; version=1.0.0; charset=utf-8', await this.#metrics());
    const shape = Object.hasOwn(endpoints, command) ? endpoints[command] : undefined;
    if (shape === undefined) throw new ScanError('BAD_REQUEST', `there is no command ${request.target}`);
    const answer =
      command === 'checkv3' ? await this.#form(request, shape) : await this.#plain(request, parameters, shape);
    return new SelfScanReply(answer);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #plain(
    request: ScanRequest,
    parameters: Iterable<readonly [string, string]>,
    shape: Job['shape'],
  ): Promise<Answer> {
    const headers = request.headers.clone();
    for (const [name, value] of parameters) headers.append(name, value);
    const packed = compressionOf(headers);
    const body = packed ? unpack(await sharedZstd(), request.body, this.#maxMessage) : request.body;
    const format = headers.get('Accept')?.toLowerCase().includes('application/msgpack') === true ? 'msgpack' : 'json';
    const reply = await this.#ask(request, headers, body, shape, format);
    const compress = packed || headers.get('Accept-Encoding')?.toLowerCase().includes('zstd') === true;
    return {
      format,
      plain: reply,
      contentType: contentTypes[format],
      body: compress ? (await sharedZstd()).compress(reply) : reply,
      headers: compress
        ? [
            ['Compression', 'zstd'],
            ['Content-Encoding', 'zstd'],
          ]
        : [],
    };
  }

  async #form(request: ScanRequest, shape: Job['shape']): Promise<Answer> {
    const how = formAnswer(request.headers);
    if (how === undefined) throw new ScanError('BAD_REQUEST', 'Not Acceptable: form-data, JSON and msgpack can be had');
    const zstd = await sharedZstd();
    const form = readForm(request.headers.get('Content-Type'), request.body, zstd, this.#maxMessage);
    const plain = await this.#ask(request, form.headers, form.message, shape, how.format);
    return {
      format: how.format,
      plain,
      ...writeForm(plain, how, zstd),
      headers: [['Vary', 'Accept, Accept-Encoding']],
    };
  }

  #ask(
    request: ScanRequest,
    headers: ReadonlyHeaders,
    body: Buffer,
    shape: Job['shape'],
    format: ReplyFormat,
  ): Promise<Buffer> {
    const id = request.sessionId;
    const { peer } = request;
    const clientIp = peer.kind === 'inet' ? peer.address : undefined;
    return this.#pool.scan({ id, headers: headers.flat, body, receivedAt: Date.now(), clientIp, shape, format });
  }
}

/** The verdict is parsed when somebody asks for it. */
class SelfScanReply implements ScanReply {
  readonly status = 200;
  readonly reason = 'OK';
  readonly headers: ReadonlyHeaders;
  readonly body: Buffer;
  readonly encoding = 'utf8';
  readonly rewritten = undefined;
  readonly #answer: Answer;
  #result: ScanResult | undefined;

  constructor(answer: Answer) {
    this.headers = Headers.of(['Content-Type', answer.contentType], ...answer.headers);
    this.body = answer.body;
    this.#answer = answer;
  }

  get result(): ScanResult | undefined {
    if (this.#answer.format !== 'json') return undefined;
    this.#result ??= JSON.parse(this.#answer.plain.toString('utf8')) as ScanResult;
    return this.#result;
  }

  get content(): ReplyContent {
    const { result } = this;
    return result === undefined ? { is: 'unknown' } : { is: 'value', value: result, encoding: 'utf8' };
  }
}

/** @throws ScanError for a method that nobody knows */
function compressionOf(headers: ReadonlyHeaders): boolean {
  const method = headers.get('Compression') ?? headers.get('Content-Encoding');
  if (method === undefined) return false;
  if (method.toLowerCase() !== 'zstd') throw new ScanError('BAD_REQUEST', 'Invalid compression method');
  return true;
}

function unpack(zstd: Zstd, body: Buffer, maxMessage: number): Buffer {
  try {
    return zstd.decompress(body, maxMessage);
  } catch (error) {
    if (!(error instanceof ZstdError)) throw error;
    throw new ScanError(error.kind === 'too-large' ? 'MESSAGE_TOO_LARGE' : 'BAD_REQUEST', error.message, error);
  }
}

/** The path less its leading slash, in any case; parameters count as headers, without one pair of quotes. */
function splitTarget(target: string): { readonly command: string; readonly parameters: (readonly [string, string])[] } {
  const [path = '', query = ''] = target
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/#.*$/s, '')
    .split('?', 2);
  const parameters = query.split('&').flatMap((pair): (readonly [string, string])[] => {
    const [name = '', value = ''] = pair.split('=', 2);
    return name === '' ? [] : [[decoded(name), decoded(value).replace(/^"(.*)"$/s, '$1')]];
  });
  return { command: path.replace(/^\//, '').toLowerCase(), parameters };
}

/** A byte string; an escape that is none stays. */
function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** What is no verdict. */
function plainReply(contentType: string, text: string): ScanReply {
  return {
    status: 200,
    reason: 'OK',
    headers: Headers.of(['Content-Type', contentType]),
    body: Buffer.from(text),
    result: undefined,
    encoding: 'utf8',
    rewritten: undefined,
  };
}
