// The test command: builds, installs the Debian peers where that is possible, runs every suite and says what it skips.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peers, unpackedFolder } from './support/peers.mjs';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

/** Debian packages whose program is missing. */
function missing() {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`.split(':');
  return peers.filter(({ program, package: name, unpacked }) => {
    const folders = unpacked ? [join(unpackedFolder, name, 'usr/sbin')] : path;
    return !folders.some((folder) => existsSync(join(folder, program)));
  });
}

function installPeers() {
  if (missing().length === 0) return;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    const [unpacked, installed] = [
      missing().filter((peer) => peer.unpacked),
      missing().filter((peer) => !peer.unpacked),
    ];
    const packages = installed.map((peer) => peer.package);
    console.log(
      `test: installing ${missing()
        .map((peer) => peer.package)
        .join(' ')}`,
    );
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('sh', ['-c', 'apt-get update -q >/dev/null 2>&1'], { env });
    const install = (names) => {
      if (names.length === 0) return;
      run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...names], { env, stdio: 'ignore' });
    };
    install(packages);
    for (const peer of unpacked) unpack(peer, install);
  }
  for (const peer of missing()) {
    console.log(`test: SKIPPED without ${peer.program} (Debian package ${peer.package}): ${peer.for}`);
  }
}

/** Puts the files of a package into a folder of their own, and installs the libraries that it needs. */
function unpack({ package: name, user }, install) {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-peer-'));
  const target = join(unpackedFolder, name);
  mkdirSync(target, { recursive: true });
  run('apt-get', ['download', '-qq', name], { cwd: folder, stdio: 'ignore' });
  for (const file of readdirSync(folder)) {
    const { stdout } = spawnSync('dpkg-deb', ['-f', join(folder, file), 'Depends'], { encoding: 'utf8' });
    install(stdout.split(',').flatMap((one) => /^ *(lib[\w.+-]+)/.exec(one)?.[1] ?? []));
    run('dpkg-deb', ['-x', join(folder, file), target], { stdio: 'ignore' });
  }
  rmSync(folder, { recursive: true });
  if (spawnSync('getent', ['passwd', user]).status === 0) return;
  run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', user]);
}

function testFiles(folder) {
  const names = readdirSync(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.test.js')).map((name) => join(folder, name));
}

const built = run('npx', ['tsc', '-p', '.']);
if (built !== 0) process.exit(built);
installPeers();
if (!existsSync(join(root, '../shared'))) {
  console.log('test: SKIPPED: the corpora of ../shared are not on this machine; the cases in fixtures/ run');
}
const files = testFiles('dist/test').filter(
  (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
const failedList = join(mkdtempSync(join(tmpdir(), 'rspamd-proxy-test-')), 'failed');

/** Runs suites; gives the files in which something failed, or undefined where the run itself did. */
function runFiles(names, concurrency) {
  writeFileSync(failedList, '');
  const reporter = `--test-reporter=${new URL('support/reporter.mjs', import.meta.url)}`;
  const flags = ['--enable-source-maps', '--test', '--test-force-exit', `--test-concurrency=${concurrency}`, reporter];
  const env = { ...process.env, RSPAMD_PROXY_FAILED: failedList };
  const status = run('node', [...flags, ...names], { env });
  // Source maps make the runner name the source of a suite.
  const sources = readFileSync(failedList, 'utf8').split('\n').filter(Boolean);
  const failed = sources.map((name) => name.replace(/^(?=test\/)/, 'dist/').replace(/\.ts$/, '.js'));
  if (status === 0 || failed.length > 0) return failed;
  console.log(`test: the run itself ended with ${status}`);
  return undefined;
}

const failed = runFiles(files, 2);
if (failed?.length === 0) process.exit(0);
// These suites start servers and measure time, on machines that others load too: what fails beside others gets one
// more try alone, and is named either way.
if (failed === undefined || failed.length > 5) process.exit(1);
console.log(`test: once more, alone: ${failed.join(' ')}`);
const again = runFiles(failed, 1);
if (again?.length !== 0) process.exit(1);
console.log(`test: UNSTEADY: failed beside other suites and passed alone: ${failed.join(' ')}`);
