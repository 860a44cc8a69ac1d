import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, findingsOf, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000 };

const look = async (section: string, ...urls: readonly string[]) =>
  lookIn(section, plain(urls.map((url) => `See ${url} now.`).join('\r\n')));

/** A link may lead to a name that cannot exist, which no text is searched for. */
const lookAtLink = async (section: string, url: string) =>
  lookIn(section, plain(`<p>See <a href="${url}">this</a> now.</p>`, {}, 'text/html'));

async function lookIn(section: string, text: string): Promise<string[]> {
  const found = await find(`url_suspect { ${section} }`, { text });
  return Object.entries(found)
    .filter(([name]) => name.startsWith('URL_') && name !== 'URL_IN_SUBJECT')
    .map(([name, [, ...options]]) => `${name.slice('URL_'.length)}=${options.join()}`);
}

const check = (name: string, options: string): string => `checks { ${name} { ${options} } }`;

test('user names and bare addresses', limit, async () => {
  const user = `http://${'u'.repeat(40)}@example.com/`;
  assert.deepEqual(await look('', user), ['USER_PASSWORD=example.com']);
  const limits = (long: number, veryLong: number) =>
    check('user_password', `length_thresholds { suspicious = 64; long = ${long}; very_long = ${veryLong}; }`);
  assert.deepEqual(await look(limits(30, 100), user), ['USER_LONG=40']);
  assert.deepEqual(await look(limits(20, 30), user), ['USER_VERY_LONG=40']);
  assert.deepEqual(await look(check('user_password', 'enabled = false;'), user), []);
  assert.deepEqual(await look('', 'http://127.0.0.1/a'), ['NUMERIC_PRIVATE_IP=127.0.0.1']);
  assert.deepEqual(await look(check('numeric_ip', 'allow_private_ranges = false;'), 'http://127.0.0.1/a'), [
    'NUMERIC_IP=127.0.0.1',
  ]);
  assert.deepEqual(await look(check('numeric_ip', 'enabled = false;'), 'http://127.0.0.1/a'), []);
});

test('top level domains', limit, async (t) => {
  const path = mapFiles(t, { tlds: '.tk\nco.uk\n' });
  const section = check('tld', `suspicious_tlds_map = "${path('tlds')}";`);
  assert.deepEqual(await look(section, 'http://www.example.tk/', 'http://shop.co.uk/', 'http://example.com/'), [
    'SUSPICIOUS_TLD=co.uk,tk',
  ]);
  assert.deepEqual(await lookAtLink(check('tld', 'enabled = false;'), 'http://example.nowhere/'), []);
  assert.deepEqual(await lookAtLink('', 'http://example.nowhere/'), ['NO_TLD=example.nowhere']);
});

test('the build of URLs, and their queries', limit, async () => {
  const structure = (options: string) => check('structure', options);
  const dotted = 'http://a.b.c.example.com/';
  assert.deepEqual(await look(structure('max_host_dots = 3;'), dotted), ['EXCESSIVE_DOTS=4']);
  assert.deepEqual(await look(structure('max_host_dots = 3; check_excessive_dots = false;'), dotted), []);
  assert.deepEqual(await look(structure('max_url_length = 20;'), dotted), ['VERY_LONG=25']);
  assert.deepEqual(await look(structure('max_url_length = 20; enabled = false;'), dotted), []);
  const signs = 'http://example.com/a@b@c';
  assert.deepEqual(await look(structure('max_at_signs = 1;'), signs), ['MULTIPLE_AT_SIGNS=2']);
  assert.deepEqual(await look(structure('max_at_signs = 1; check_multiple_at = false;'), signs), []);
  const query = 'http://example.com/?u=http://a.com/&v=http://b.com/';
  assert.deepEqual(await look('', query), ['QUERY_MULTIPLE_URLS=2']);
  assert.deepEqual(await look(check('query_urls', 'max_query_urls = 2;'), query), []);
  assert.deepEqual(await look(check('query_urls', 'enabled = false;'), query), []);
});

test('which URLs are looked at', limit, async (t) => {
  const path = mapFiles(t, { hosts: 'example.nowhere\n' });
  const white = `whitelist_map = "${path('hosts')}";`;
  assert.deepEqual(await lookAtLink(`use_whitelist = true; ${white}`, 'http://example.nowhere/'), []);
  assert.deepEqual(await lookAtLink(white, 'http://example.nowhere/'), ['NO_TLD=example.nowhere']);
  assert.deepEqual(await look('max_urls = 1;', 'http://example.com/', 'http://127.0.0.1/'), []);
  const few = 'checks { tld { enabled = false; } query_urls { enabled = false; } structure { enabled = false; } }';
  assert.deepEqual(await look(few, 'http://127.0.0.1/'), ['NUMERIC_PRIVATE_IP=127.0.0.1']);
  assert.deepEqual(await look(`process_flags = ["has_user"]; ${few}`, 'http://127.0.0.1/'), []);
});

test('URLs that only people can read', limit, async (t) => {
  const path = mapFiles(t, { names: 'word_dots\n' });
  const text = (options: string) => check('obfuscated_text', options);
  const hidden = 'hxxp://evil-site.com/a';
  const found = ['OBFUSCATED_TEXT=orig=See hxxp://evil-site.com/a now.,type=hxxp,url=http://evil-site.com'];
  const shown = async (section: string, url: string) =>
    (await look(section, url)).map((one) => one.replace(/\s+,/, ','));
  assert.deepEqual(await shown('', hidden), found);
  assert.deepEqual(await shown(text('enabled = false;'), hidden), []);
  assert.deepEqual(await shown(text('patterns_enabled { hxxp = false; }'), hidden), []);
  assert.deepEqual(await shown(text(`pattern_map = "${path('names')}";`), hidden), []);
  assert.equal((await shown(text(`pattern_map = "${path('names')}";`), 'evil-site dot com')).length, 1);
  assert.deepEqual(await shown(text('max_extracted_urls = 0;'), hidden), []);
  assert.deepEqual(await shown(text('max_matches_per_message = 0;'), hidden), []);
  assert.deepEqual(await shown(text('min_match_length = 200;'), hidden), []);
  assert.deepEqual(await shown(text('context_before = 0; context_after = 0;'), hidden), []);
  assert.deepEqual(await shown(text('max_normalize_length = 10;'), hidden), []);
});

test('what has no effect is told', limit, async () => {
  const section = [
    'url_suspect {',
    'checks { tls { enabled = false; } }',
    'custom_checks { a = "return 1"; }',
    'max_urls = "many";',
    '}',
  ].join('\n');
  assert.deepEqual(await findingsOf(section), [
    '4: notice: option custom_checks has no effect yet: checks that are written in Lua',
    '5: warning: max_urls has no effect: cannot convert string to integer in option max_urls (write many without quotes)',
    '3: warning: unknown option tls in section url_suspect.checks has no effect (did you mean tld?)',
  ]);
});
