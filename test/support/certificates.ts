import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Why no certificate can be made here; false where one can. */
export const noOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed: no certificate can be made';

export interface Certificate {
  /** Files in PEM. The certificate is its own authority. */
  readonly cert: string;
  readonly key: string;
}

/** @param names what it is valid for: `IP:127.0.0.1`, `DNS:localhost` */
export function makeCertificate(folder: string, name: string, names: readonly string[]): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names.join(',')}`];
  const files = ['-out', cert, '-keyout', key];
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...curve, ...subject, ...files], {
    stdio: 'ignore',
    timeout: 60_000,
  });
  return { cert, key };
}
