import type { Surroundings } from '../../src/cli/configuration.ts';
import type { Io } from '../../src/cli/io.ts';
import { type Accounts, type Built, buildConfig, type ProxyWorker } from '../../src/config/index.ts';
import { bytes, loadText } from '../../src/ucl/index.ts';

/** Users and groups that exist in tests. */
export const accounts: Accounts = {
  user: (name) => (name === 'rspamd' ? { uid: 111, gid: 222 } : undefined),
  group: (name) => ({ rspamd: 222, mail: 8 })[name],
};

/** A machine with these accounts, on which every name is known unless it ends in `.invalid`. */
export const surroundings: Surroundings = {
  accounts,
  resolves: async (name) => !name.endsWith('.invalid'),
};

/** The typed configuration of a text that UCL accepts. */
export function build(content: string): Built {
  const { root, diagnostics } = loadText(bytes(content), { name: 'test.conf' });
  if (root === undefined) throw new Error(`not UCL: ${diagnostics.map(({ message }) => message).join('; ')}`);
  return buildConfig(root, accounts);
}

/** The only proxy worker of a section body, with what was found. */
export function buildWorker(body: string): Built & { readonly worker: ProxyWorker } {
  const built = build(`worker "rspamd_proxy" {\n${body}\n}`);
  const [worker] = built.config.workers;
  if (worker === undefined) throw new Error('no worker was built');
  return { ...built, worker };
}

/** Findings as `severity: message`. */
export function messages({ findings }: Built, severity?: 'error' | 'warning' | 'notice'): string[] {
  return findings.filter((one) => severity === undefined || one.severity === severity).map((one) => one.message);
}

export interface FakeIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly code: () => number | undefined;
}

/** Collects what a command writes, as byte strings. */
export function fakeIo(options: { tty?: boolean; env?: Record<string, string> } = {}): FakeIo {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let code: number | undefined;
  const isTTY = options.tty ?? false;
  return {
    stdout: { isTTY, write: (chunk) => out.push(Buffer.from(chunk)) },
    stderr: { isTTY, write: (chunk) => err.push(Buffer.from(chunk)) },
    env: options.env ?? {},
    setExitCode: (value) => {
      code = value;
    },
    out: () => Buffer.concat(out).toString('utf8'),
    err: () => Buffer.concat(err).toString('utf8'),
    code: () => code,
  };
}
