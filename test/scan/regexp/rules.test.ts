import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRegexpRules } from '../../../src/scan/regexp-rules/index.ts';
import { bytes, loadText } from '../../../src/ucl/index.ts';
import { found, makeTask, runRules, selectors } from '../native/rig.ts';

const timeout = 60_000;
const dns = {
  forTask: () => ({ query: async () => ({ status: 'nxdomain' as const, records: [], error: '', cached: false }) }),
  close: () => {},
};
const message = [
  'Received: from one.example by two.example; Sun, 22 Nov 2026 11:59:00 +0000',
  'Received: from zero.example by one.example; Sun, 22 Nov 2026 11:58:00 +0000',
  'From: "A" <a@example.org>',
  'To: b@example.net',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from us',
  'x-odd: value;',
  'Content-Type: multipart/alternative; boundary="b_1"',
  'MIME-Version: 1.0',
  '',
  '--b_1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Plain words here: http://click.example.com/path?x=1',
  'and mail me@example.com for Kr\xc3\xa4uter',
  '--b_1',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<html><body><p>Rich <b>words</b></p><!-- secret --></body></html>',
  '--b_1--',
  '',
].join('\r\n');

/** Whether a rule fires on the message. */
async function fires(expression: string, content = message): Promise<boolean> {
  const problems: string[] = [];
  const { root } = loadText(bytes(`RULE = <<EOD\n${expression}\nEOD\n`));
  const rules = readRegexpRules(root, selectors, (text) => problems.push(text));
  assert.deepEqual(problems, [], expression);
  const headers = [
    ['From', '<a@example.org>'],
    ['Rcpt', '<b@example.net>'],
    ['Helo', 'mx.example.org'],
    ['User', 'anna'],
  ] as const;
  const task = makeTask({ message: content, headers }, dns);
  await runRules(task, rules);
  return 'RULE' in found(task);
}

test('each type of text, each kind of operand', { timeout }, async () => {
  const yes = [
    'Subject=/grüße from/iuH',
    'Subject=/=\\?utf-8\\?Q/X',
    'Subject=/Gr..../',
    'Received=/by two/ & Received=/by one/',
    'Received=/from/A > 1',
    'X-Odd=/value;$/',
    'x-odd=/value/HS',
    '/^Plain words/P',
    '/Rich words/{mime}',
    '/<b>words/{sa_raw_body}',
    '/secret/{raw_mime}',
    '/from us/{sa_body} & /plain words here/i{sa_body}',
    '/click\\.example\\.com/{url}',
    '/me@example\\.com/{email}',
    '/^kräuter$/u{words}',
    '/^Kräuter$/u{raw_words}',
    '/^x-odd:/mR',
    '/--b_1--/M',
    'Content-Type=/text\\/html/B',
    'from:domain=/^example\\.org$/$ & helo.lower=/^mx/{selector}',
    'header_exists(x-odd) & !header_exists(X-None)',
    'content_type_is_type(multipart) & content_type_is_subtype(/^altern/)',
    'content_type_has_param(boundary) & content_type_compare_param(boundary, /^b_/)',
    'compare_transfer_encoding(8bit)',
    'has_html_tag(b) & !has_html_tag(table)',
    "check_smtp_data('from', /@example\\.org$/) & check_smtp_data('rcpt', 'b@example.net')",
    "check_smtp_data('helo', /^mx/) & check_smtp_data('user', 'anna')",
    'has_content_part(text, html) & has_content_part_len(text, plain, 10, 1000)',
    '!is_empty_body() & !has_only_html_part() & !has_flag(broken_headers)',
    '(Subject=/nothing/ | To=/b@/) + From=/a@/ >= 2',
  ];
  const no = [
    'Subject=/GRÜSSE/',
    'Subject=/^=\\?/',
    'X-Odd=/value/HS',
    'Received=/from/ > 1',
    '/<b>/P',
    '/secret/P',
    '/me@example/{url}',
    'header_exists(X-None)',
    'content_type_is_subtype(mixed)',
    'compare_transfer_encoding(base64)',
    "check_smtp_data('from', /example\\.net/)",
    'has_symbol(OTHER)',
  ];
  for (const expression of yes) assert.equal(await fires(expression), true, expression);
  for (const expression of no) assert.equal(await fires(expression), false, expression);
});

test('what is wrong with a rule is told with the rule and the place', { timeout }, () => {
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    ['Subject=/(/', /in Subject=\/\(\/: missing closing parenthesis at character 1/],
    ['Subject=/a/ &', /an operand is missing/],
    ['/a/', /does not say what it looks at/],
    ['nonsense(a)', /there is no function nonsense/],
    ['word', /"word" is neither an expression/],
    ['Subject=/a', /"Subject=\/a" is neither|no slash at its end/],
    ['Subject=/a/{what}', /\{what\} is no type/],
    ['/a/H', /has no name of a header/],
  ];
  for (const [expression, expected] of wrong) {
    const told: string[] = [];
    const { root } = loadText(`RULE { re = <<EOD\n${expression}\nEOD\nscore = 1; }`);
    assert.deepEqual(
      readRegexpRules(root, selectors, (text) => told.push(text)),
      [],
    );
    assert.match(told.join(), /^rule RULE of section regexp is off: /);
    assert.match(told.join(), expected, expression);
  }
});

test('score, description, group and limits come from the section', { timeout }, async () => {
  const { root } = loadText(`
    max_size = 20;
    LIMITED = "/here/P";
    FULL { re = "Subject=/from us/"; score = 2.5; description = "From us"; group = "ours"; mime_only = true; }
    NONE { score = 1; }
  `);
  const rules = readRegexpRules(root, selectors, assert.fail);
  assert.deepEqual(
    rules.map(({ name, symbols, flags }) => [name, symbols[name], flags]),
    [
      ['LIMITED', { oneShot: true }, []],
      ['FULL', { score: 2.5, description: 'From us', groups: ['ours'], oneShot: true }, ['mime']],
    ],
  );
  const task = makeTask({ message }, dns);
  await runRules(task, rules);
  assert.deepEqual(Object.keys(found(task)), ['LIMITED', 'FULL']);
  const long = makeTask({ message: message.replace('Plain words here', `${'x'.repeat(30)} here`) }, dns);
  await runRules(long, rules);
  assert.deepEqual(Object.keys(found(long)), ['FULL']);
});
