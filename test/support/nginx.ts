import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Certificate, makeCertificate, noOpenssl } from './certificates.ts';
import { freePort } from './free-port.ts';

/** Why tests with nginx cannot run here; false where they can. */
export const noNginx: string | false = existsSync('/usr/sbin/nginx') ? noOpenssl : 'nginx is not installed';

export interface Nginx {
  readonly plain: number;
  readonly secured: number;
  /** Of the secured port, for 127.0.0.1. */
  readonly certificate: Certificate;
}

/**
 * nginx as a scanner: its verdict says in `connection` and `requests` over which connection the request came, and how
 * many came over that before, itself included.
 *
 * @param settings lines of the `http` block
 */
export async function startNginx(t: Pick<TestContext, 'after'>, settings: string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-nginx-'));
  const certificate = makeCertificate(folder, 'nginx', ['IP:127.0.0.1']);
  const [plain, secured] = [await freePort(), await freePort()];
  const verdict =
    '{"action":"no action","score":1,"required_score":15,"connection":$connection,"requests":$connection_requests}';
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/log; user root;
     events { worker_connections 200; }
     http {
       access_log off; default_type application/json; client_max_body_size 100m;
       ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
       ${settings}
       server {
         listen 127.0.0.1:${plain}; listen 127.0.0.1:${secured} ssl;
         ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};
         location / { return 200 '${verdict}'; }
       }
     }`,
  );
  const child = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const until = performance.now() + 60_000;
  while (!existsSync(join(folder, 'pid'))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with status ${child.exitCode}: ${output}`);
    if (performance.now() > until) throw new Error(`nginx does not start: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { plain, secured, certificate };
}
