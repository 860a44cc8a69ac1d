import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { readResults } from '../../../src/scan/native/arc/index.ts';
import { clean, makeScanner, type Reply, scanText, stockActions } from '../support.ts';
import { startDns } from './rig.ts';

const limits = { timeout: 60_000 };

/** Fields that the MTA is to add, on top of the message. */
function withFields({ milter }: Reply, message: string): string {
  const { add_headers: added = {} } = milter as { add_headers?: Record<string, { value: string }> };
  const lines = Object.entries(added).map(([name, { value }]) => `${name}: ${value}\r\n`);
  return lines.toReversed().join('') + message;
}

type Scan = (section: string, message: string, ip: string) => Promise<Reply>;

/** Scans with section `arc`; example.org sends from 192.0.2.1, example.net seals with a key of its own. */
async function start(t: TestContext): Promise<{ scan: Scan; sealing: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64');
  const { resolver } = await startDns(t, {
    'example.org': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
    '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
    's._domainkey.example.net': { TXT: [`v=DKIM1; k=ed25519; p=${raw}`] },
  });
  const sealing = `use_http_headers = yes;`;
  const scan: Scan = async (section, message, ip) => {
    const scanner = await makeScanner(`${stockActions} arc { ${section} }`, [], resolver);
    assert.deepEqual(scanner.problems, []);
    const key = section.includes(sealing)
      ? ([
          ['PerformDkimSign', '1'],
          ['DkimDomain', 'example.net'],
          ['DkimSelector', 's'],
          ['DkimPrivateKey', seed],
          ['SignOnAuthFailed', '1'],
        ] as const)
      : [];
    return scanText(scanner, message, { headers: [['IP', ip], ['From', 'a@example.org'], ...key] });
  };
  return { scan, sealing };
}

test('a forwarder that is trusted speaks for what fails DMARC here', limits, async (t) => {
  const { scan, sealing } = await start(t);
  const forwarded = withFields(await scan(sealing, clean, '192.0.2.1'), clean);
  assert.match(forwarded, /^ARC-Seal: i=1;[\s\S]*ARC-Authentication-Results: i=1; [\s\S]*dmarc=pass/);
  const scores = async (section: string, message = forwarded): Promise<readonly unknown[]> => {
    const { symbols } = await scan(section, message, '198.51.100.9');
    const { ARC_ALLOW_TRUSTED: trusted, DMARC_POLICY_REJECT: reject } = symbols;
    return [trusted?.score, trusted?.options?.[0], reject?.score, reject?.options?.includes('ARC trusted')];
  };
  const map = 'whitelisted_signers_map = ["example.net"];';
  const by = 'example.net:s=s:i=1';
  assert.deepEqual(await scores(map), [-2, by, 0.1, true]);
  assert.deepEqual(await scores(`${map} adjust_dmarc = no;`), [-2, by, 2, false]);
  assert.deepEqual(await scores('whitelisted_signers_map = ["example.com"];'), [undefined, undefined, 2, false]);
  assert.deepEqual(await scores(''), [undefined, undefined, 2, false]);
  // Not once the message is another one.
  assert.deepEqual(await scores(map, forwarded.replace('Hi.', 'Ho.')), [undefined, undefined, 2, false]);
  // What failed there too does not get better.
  const failed = withFields(await scan(sealing, clean, '192.0.2.99'), clean);
  assert.deepEqual(await scores(map, failed), [0, by, 2, false]);
});

test('results of the message can be those of our set', limits, async (t) => {
  const { scan, sealing } = await start(t);
  const fields =
    'Authentication-Results: first.example; spf=none\r\nAuthentication-Results: mx.example.com (a; b);\r\n\tspf=pass smtp.mailfrom=a@example.org; arc=pass\r\n';
  const sealed = async (section: string, message: string): Promise<string> =>
    withFields(await scan(`${sealing} ${section}`, message, '192.0.2.1'), message).replace(/\r\n\s+/g, ' ');
  assert.match(
    await sealed('reuse_auth_results = yes;', fields + clean),
    /ARC-Authentication-Results: i=1; first\.example; spf=none\r\n/,
  );
  const ofHost = 'reuse_auth_results = yes; trusted_authserv_id = "mx.example.com";';
  assert.match(
    await sealed(ofHost, fields + clean),
    /ARC-Authentication-Results: i=1; mx\.example\.com \(a; b\); spf=pass smtp\.mailfrom=a@example\.org; arc=pass\r\n/,
  );
  // Without one the results of this scan stand there.
  assert.match(await sealed(ofHost, clean), /ARC-Authentication-Results: i=1; [^\r]*dmarc=pass/);
  // What that host says of the chain holds, though we cannot see it any more.
  const chain = withFields(await scan(sealing, clean, '192.0.2.1'), clean).replace('Hi.', 'Ho.');
  assert.match(await sealed('', fields + chain), /ARC-Seal: i=2;[^\r]*cv=fail;/);
  assert.match(await sealed(ofHost, fields + chain), /ARC-Seal: i=2;[^\r]*cv=pass;/);
});

test('results as earlier hops write them', limits, () => {
  const read = (value: string): string =>
    readResults(value)
      .map(({ method, result }) => `${method}=${result}`)
      .join(' ');
  assert.equal(
    read('i=1; mx.example.com 1; spf=pass smtp.helo=x; dmarc/1 = Fail (p="reject; dmarc=pass")'),
    'spf=pass dmarc=fail',
  );
  assert.equal(
    read('host; dmarc=fail (comment (nested); dmarc=pass) reason="x; dmarc=pass"; dkim=none'),
    'dmarc=fail dkim=none',
  );
  assert.equal(read('(unclosed; dmarc=pass'), '');
  assert.equal(read(''), '');
});
