import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where packages are unpacked that cannot be installed; test/support/exim.ts looks there. */
export const unpackedFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rspamd-proxy-tests');

/** Programs of Debian packages that suites talk to; each suite skips, and says so, where its peer is missing. */
export const peers = [
  { program: 'rspamd', package: 'rspamd', for: 'the differential suites and the real scanner end to end' },
  { program: 'postfix', package: 'postfix', for: 'the end-to-end suites with a real MTA' },
  { program: 'miltertest', package: 'miltertest', for: 'the milter scripts' },
  { program: 'redis-server', package: 'redis-server', for: 'what is kept in Redis' },
  { program: 'luajit', package: 'luajit', for: 'the differential fuzzer of the Lua engine' },
  { program: 'pcre2test', package: 'pcre2-utils', for: 'the differential fuzzer of regular expressions' },
  { program: 'nginx', package: 'nginx-light', for: 'the scanner stub of the benchmarks' },
  { program: 'cdb', package: 'tinycdb', for: 'maps that are constant databases' },
  { program: 'spamc', package: 'spamc', for: 'the legacy client' },
  { program: 'unbound', package: 'unbound', for: 'DNSSEC with a resolver that checks it' },
  { program: 'ldns-signzone', package: 'ldnsutils', for: 'the signed zones of that resolver' },
  // It cannot be installed beside another MTA: its files go into a folder of their own.
  {
    program: 'exim4',
    package: 'exim4-daemon-heavy',
    unpacked: true,
    user: 'Debian-exim',
    for: 'the legacy protocols with a real MTA',
  },
];
