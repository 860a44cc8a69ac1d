// The test command: builds, installs the Debian peers where that is possible, runs every suite and says what it skips.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { peers } from './support/peers.mjs';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

/** Debian packages whose program is missing. */
function missing() {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`.split(':');
  return peers.filter(({ program }) => !path.some((folder) => existsSync(join(folder, program))));
}

function installPeers() {
  if (missing().length === 0) return;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    const packages = missing().map((peer) => peer.package);
    console.log(`test: installing ${packages.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('sh', ['-c', 'apt-get update -q >/dev/null 2>&1'], { env });
    run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...packages], { env, stdio: 'ignore' });
  }
  for (const peer of missing()) {
    console.log(`test: SKIPPED without ${peer.program} (Debian package ${peer.package}): ${peer.for}`);
  }
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
process.exit(run('node', ['--enable-source-maps', '--test', '--test-concurrency=2', ...files]));
