import { connect, type NetConnectOpts } from 'node:net';
import type { Ask } from './case.ts';
import type { SeenReply } from './observation.ts';

/** Of a case that says nothing about its message. */
export const message = 'From: <a@example.org>\r\nSubject: x\r\n\r\ntext\r\n';

/** Longest time in milliseconds that a client waits for the end of its connection. */
const patience = 40_000;

type Heard = Pick<SeenReply, 'status' | 'reason' | 'fields' | 'body'>;

/** Sends one request, or what `raw` says, and watches what comes back until the connection ends. */
export function ask(where: NetConnectOpts, wanted: Ask): Promise<SeenReply[]> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const socket = connect(where);
  const replies: SeenReply[] = [];
  const expected = wanted.replies ?? 1;
  let bytes: Buffer = Buffer.alloc(0);
  let end: number | undefined;
  let gaveUp = false;
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => {
        gaveUp = wanted.leaves === undefined;
        socket.destroy();
      },
      (wanted.leaves ?? patience / 1000) * 1000,
    );
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let cut = cutReply(bytes); cut !== undefined; cut = cutReply(bytes)) {
        bytes = bytes.subarray(cut.length);
        if (cut.heard !== undefined) replies.push({ kind: 'reply', ...cut.heard, after: seconds(), end: undefined });
      }
      if (replies.length >= expected && keepsOpen(replies.at(-1))) socket.destroy();
    });
    socket.on('end', () => (end = seconds()));
    socket.on('error', () => (end = seconds()));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(wanted.leaves === undefined ? complete(replies, expected, bytes, gaveUp, end) : replies);
    });
    const sent = bytesOf(wanted);
    if (wanted.halfCloses === true) socket.end(sent);
    else socket.write(sent);
  });
}

/** The replies with the time of the end, and something in the place of each one that did not come. */
function complete(
  replies: readonly SeenReply[],
  expected: number,
  rest: Buffer,
  gaveUp: boolean,
  end: number | undefined,
): SeenReply[] {
  const all = replies.map((reply) => ({ ...reply, end }));
  const blank = { status: 0, reason: '', fields: [], body: rest, after: end ?? patience / 1000, end };
  while (all.length < expected) {
    const isText = rest.length > 0 && !rest.toString('latin1').startsWith('HTTP/') && !gaveUp;
    all.push({ kind: isText ? 'reply' : gaveUp ? 'nothing' : 'closed', ...blank });
  }
  return all;
}

function bytesOf({ raw, target = '/checkv2', headers = [], body = message }: Ask): Buffer {
  if (raw !== undefined) return Buffer.from(raw, 'latin1');
  const content = typeof body === 'number' ? 'x'.repeat(body) : body;
  // One exchange, one connection: what is done on connections that stay open has cases of its own.
  const connection = headers.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close'];
  const lines = [`POST ${target} HTTP/1.1`, ...headers, ...connection, `Content-Length: ${content.length}`];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'latin1');
}

/** The first reply in these bytes, if it is complete; an interim one is cut off and not told. */
function cutReply(bytes: Buffer): { heard: Heard | undefined; length: number } | undefined {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const [line = '', ...lines] = bytes.toString('latin1', 0, head).split('\r\n');
  const [, digits, reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(line) ?? [];
  if (digits === undefined) return undefined;
  const status = Number(digits);
  if (status < 200) return { heard: undefined, length: head + 4 };
  const fields = lines.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 2)] as const);
  const length = head + 4 + Number(fieldOf(fields, 'content-length') ?? 0);
  if (bytes.length < length) return undefined;
  return { heard: { status, reason, fields, body: bytes.subarray(head + 4, length) }, length };
}

function keepsOpen(reply: SeenReply | undefined): boolean {
  return reply !== undefined && fieldOf(reply.fields, 'connection')?.toLowerCase() !== 'close';
}

export function fieldOf(fields: SeenReply['fields'], name: string): string | undefined {
  return fields.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
}
