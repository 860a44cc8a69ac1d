import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configtest } from '../../src/cli/configtest.ts';
import { projectRoot } from '../support/project.ts';
import { fakeIo, surroundings } from './support.ts';

const folder = join(projectRoot, 'fixtures/broken/config');
const update = process.env['UPDATE_FIXTURES'] === '1';

/** Every file beside its `.expected`: what `configtest -q` says of it on standard error, then its exit code. */
for (const name of readdirSync(folder).filter((one) => one.endsWith('.conf'))) {
  test(`configtest explains ${name}`, { timeout: 60_000 }, async () => {
    const io = fakeIo();
    const code = await configtest({ config: join(folder, name), quiet: true }, io, surroundings);
    const said = `${io.err().replaceAll(`${folder}/`, '')}exit ${code}\n`;
    const expected = join(folder, name.replace(/\.conf$/, '.expected'));
    if (update && !existsSync(expected)) writeFileSync(expected, said);
    assert.equal(said, readFileSync(expected, 'utf8'));
  });
}

test('no private key is ever shown', { timeout: 60_000 }, async () => {
  for (const name of ['keypair-short.conf', 'keypair-half.conf']) {
    const io = fakeIo();
    await configtest({ config: join(folder, name) }, io, surroundings);
    assert.match(io.err(), /cannot load the keypair specified/);
    assert.doesNotMatch(io.err(), /secretsecret|privkey = "/);
  }
});
