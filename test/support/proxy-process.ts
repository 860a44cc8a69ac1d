import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { projectRoot } from './project.ts';

/** The program as its users run it. */
export interface ProxyProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Standard output and standard error so far. */
  output(): string;
  /** Waits until the output has what is looked for. */
  until(text: string | RegExp): Promise<void>;
  /** Asks for the end and waits for it. @returns the exit code */
  stop(): Promise<number | null>;
  /** The configuration file, to be written anew before a reload. */
  readonly configFile: string;
}

export const executable = join(projectRoot, 'bin/rspamd-proxy');

/** `rspamd-proxy run` with this configuration, ready to serve; ended with the test. */
export async function startProxyProcess(
  t: Pick<TestContext, 'after'>,
  config: string,
  args: readonly string[] = [],
): Promise<ProxyProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-run-'));
  const configFile = join(folder, 'rspamd.conf');
  writeFileSync(configFile, config);
  const asRoot = process.getuid?.() === 0 ? ['-i'] : [];
  const child = spawn(process.execPath, [executable, 'run', '-f', '-c', configFile, ...asRoot, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const heard = (bytes: Buffer) => {
    output += bytes.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  child.on('exit', () => {
    for (const listener of listeners) listener();
  });
  const until = (wanted: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output);
        if (!found && child.exitCode === null) return;
        listeners.delete(look);
        if (found) resolve();
        else reject(new Error(`the proxy ended (${child.exitCode}) without saying ${wanted}:\n${output}`));
      };
      listeners.add(look);
      look();
    });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    return child.exitCode;
  };
  t.after(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await until(/listens \(/);
  return { pid: child.pid ?? 0, child, output: () => output, until, stop, configFile };
}
