import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, findingsOf, mapFiles, noProofs, plain, proofs } from './support.ts';

const limit = { timeout: 60_000 };

const mail = (found: string, headers: Readonly<Record<string, string>> = {}) => ({
  text: plain('Hi.', { From: 'a@good.com', 'X-Proofs': found }),
  headers: { IP: '192.0.2.7', From: 'b@good.com', ...headers },
});

const look = async (section: string, message = mail('R_SPF_ALLOW')) => {
  const found = await find(`${noProofs} whitelist { ${section} }`, message, { sources: [proofs] });
  return Object.fromEntries(Object.entries(found).filter(([name]) => /^(?:X_|WHITE|BLACK)/.test(name)));
};

test('lists of the configuration take the place of ours', limit, async (t) => {
  const path = mapFiles(t, { domains: 'good.com both:2\n', others: '/^good\\./ 3\n' });
  const own = (options: string) => `rules { X_OWN { valid_spf = true; ${options} } }`;
  assert.deepEqual(await look(own(`domains = "${path('domains')}"; score = -2;`)), { X_OWN: [-4, 'good.com:s:+'] });
  assert.deepEqual(await look(own(`domains = "regexp;${path('others')}"; score = -1;`)), {
    X_OWN: [-3, 'good.com:s:+'],
  });
  assert.deepEqual(
    await look(own(`domains = "${path('domains')}"; score = -2; inverse_symbol = "X_INV";`), mail('')),
    { X_INV: [4, 'good.com:s:-'] },
    'the opposite score',
  );
  const policy = 'DMARC_POLICY_ALLOW';
  assert.deepEqual(await look('rules { X_OWN { valid_dmarc = true; domains = ["other.com"]; } }', mail(policy)), {});
  const capped = `${own('domains = ["good.com"]; score = 7; group = "small";')} } group "small" { max_score = 5;`;
  assert.deepEqual(await look(capped), { X_OWN: [5, 'good.com:s:+'] });
});

test('scores of the stock names', limit, async () => {
  const named = 'rules { WHITELIST_SPF { valid_spf = true; domains = ["good.com"]; } }';
  assert.deepEqual(await look(named), { WHITELIST_SPF: [-1, 'good.com:s:+'] });
  const other = 'rules { WHITELIST_SPF { valid_spf = true; domains = ["good.com"]; score = -5; } }';
  assert.deepEqual(await look(other), { WHITELIST_SPF: [-5, 'good.com:s:+'] });
});

test('what proves it, and whose mail is held against a domain', limit, async (t) => {
  const path = mapFiles(t, { domains: 'good.com both:1\n' });
  const own = `rules { X_OWN { valid_spf = true; domains = "${path('domains')}"; score = -2; inverse_symbol = "X_INV"; } }`;
  const other = `spf_allow_symbol = "OTHER_ALLOW"; ${own}`;
  assert.deepEqual(Object.keys(await look(other, mail('OTHER_ALLOW'))), ['X_OWN']);
  assert.deepEqual(Object.keys(await look(other, mail('R_SPF_ALLOW'))), ['X_INV']);
  const local = mail('', { IP: '127.0.0.1' });
  const user = mail('', { User: 'anna' });
  assert.deepEqual([await look(own, local), await look(own, user)], [{}, {}]);
  assert.deepEqual(Object.keys(await look(`check_local = true; ${own}`, local)), ['X_INV']);
  assert.deepEqual(Object.keys(await look(`check_authed = true; ${own}`, user)), ['X_INV']);
});

test('what cannot be used is told', limit, async () => {
  const found = await findingsOf(
    'whitelist {\nspf_symbol = "A";\nrules {\nA = "x";\nB { valid_spf = true; }\nC { domains = ["x.com"]; valid_smtp = true; }\n} }',
  );
  assert.deepEqual(found, [
    '3: warning: unknown option spf_symbol in section whitelist has no effect',
    '5: warning: whitelist: rule A is off: it has no options (write A { domains = .. })',
    '6: warning: whitelist: rule B is off: it has no domains',
    '7: warning: unknown option valid_smtp in section whitelist.rules has no effect (did you mean valid_spf?)',
  ]);
});
