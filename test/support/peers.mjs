/** Programs of Debian packages that suites talk to; each suite skips, and says so, where its peer is missing. */
export const peers = [
  { program: 'rspamd', package: 'rspamd', for: 'the differential suites and the real scanner end to end' },
  { program: 'postfix', package: 'postfix', for: 'the end-to-end suites with a real MTA' },
  { program: 'miltertest', package: 'miltertest', for: 'the milter scripts' },
  { program: 'redis-server', package: 'redis-server', for: 'what is kept in Redis' },
  { program: 'luajit', package: 'luajit', for: 'the differential fuzzer of the Lua engine' },
  { program: 'nginx', package: 'nginx-light', for: 'the scanner stub of the benchmarks' },
  { program: 'spamc', package: 'spamc', for: 'the legacy client' },
];
