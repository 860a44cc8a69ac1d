import { constants, open } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { ScanError } from '../../message/errors.ts';
import { Headers } from '../../message/headers.ts';
import { commandOf } from '../../message/target.ts';
import { checkFormSources } from './form-sources.ts';
import { queryArgument, withoutArguments } from './query.ts';
import type { Received } from './received.ts';

export interface InputRules {
  /** The client may name files: it came over a unix socket, or the worker trusts all of its clients. */
  readonly privileged: boolean;
  readonly maxMessage: number;
}

const fileArguments = ['file', 'path'];
const consumed = new Set(['file']);
const sharedMemory = new Set(['shm', 'shm-offset', 'shm-length']);

/**
 * Finds out where the bytes of a message are, before anything else is done with it (rspamd: src/rspamd_proxy.c:
 * proxy_sanitize_privileged_inputs, proxy_check_file). A client without privilege that names a file is refused, and
 * what it says about shared memory is removed; forms are looked into as well. For any other, `File` is read here and takes the place of the body;
 * `Path` is left to the scanner.
 */
export function findMessage(received: Received, rules: InputRules): Received | Promise<Received> {
  const { target, headers } = received;
  const hasQuery = target.includes('?');
  if (!rules.privileged) {
    const named = fileArguments.some((name) => headers.has(name) || (hasQuery && queryArgument(target, name) != null));
    if (named) throw new ScanError('FILE_INPUT_REFUSED');
    if (commandOf(target) === 'checkv3') checkFormSources(received);
    return hasQuery ? { ...received, target: withoutArguments(target, sharedMemory) } : received;
  }
  const header = headers.get('File');
  if (header !== undefined) {
    return withFile({ ...received, headers: new Headers(headers.flat).delete('File') }, header, rules.maxMessage);
  }
  const argument = hasQuery ? queryArgument(target, 'file') : undefined;
  if (argument === undefined) return received;
  return withFile({ ...received, target: withoutArguments(target, consumed) }, argument, rules.maxMessage);
}

async function withFile(received: Received, name: string, maxMessage: number): Promise<Received> {
  return { ...received, body: await readMessage(name, maxMessage) };
}

/**
 * A file that cannot be read is an error here: Rspamd's proxy goes on with an empty message, which a scanner finds
 * harmless.
 *
 * @param name path as a byte string
 */
async function readMessage(name: string, maxMessage: number): Promise<Buffer> {
  // Not blocking: the name may be that of a pipe that nobody writes to.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = await open(Buffer.from(name, 'latin1'), flags).catch((error: unknown) => cannotOpen(name, error));
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new ScanError('BAD_REQUEST', `cannot open file (${name}): not a regular file`);
    if (stat.size > maxMessage) throw new ScanError('MESSAGE_TOO_LARGE', `file (${name}) has ${stat.size} bytes`);
    return await readUpTo(file, stat.size, maxMessage, name);
  } finally {
    await file.close();
  }
}

/** Reads to the end, which may be another one than the size promised. */
async function readUpTo(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
  maxMessage: number,
  name: string,
): Promise<Buffer> {
  let bytes = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
    length += bytesRead;
    if (length > maxMessage) throw new ScanError('MESSAGE_TOO_LARGE', `file (${name}) grows`);
    if (bytesRead === 0) return bytes.subarray(0, length);
    if (length === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
  }
}

function cannotOpen(name: string, error: unknown): never {
  const { errno } = error as NodeJS.ErrnoException;
  const reason = errno === undefined ? String(error) : getSystemErrorMap().get(errno)?.[1];
  throw new ScanError('BAD_REQUEST', `cannot open file (${name}): ${reason}`, error);
}
