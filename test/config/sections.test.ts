import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, messages } from './support.ts';

test('options with nothing set', { timeout: 60_000 }, () => {
  const { config, findings } = build('');
  const { max_message, task_timeout, gtube_patterns, dns, upstream, pidfile } = config.options;
  assert.deepEqual([max_message, task_timeout, gtube_patterns, pidfile], [52_428_800, 8000, 'reject', undefined]);
  assert.deepEqual([dns.timeout, dns.retransmits, dns.nameserver, dns.hosts], [1000, 5, [], undefined]);
  assert.deepEqual([upstream.max_errors, upstream.error_time, upstream.revive_time], [4, 10_000, 60_000]);
  assert.deepEqual(findings, []);
});

test('several options sections are applied in their order', { timeout: 60_000 }, () => {
  const { config } = build(`options { max_message = 1mb; dns { timeout = 2s; } pidfile = "/a" }
    options { max_message = 2mb; dns { retransmits = 1 } }`);
  const { max_message, dns, pidfile } = config.options;
  assert.deepEqual([max_message, dns.timeout, dns.retransmits, pidfile], [2_097_152, 2000, 1, '/a']);
});

test('old and other names of options', { timeout: 60_000 }, () => {
  const { config } =
    build(`options { check_timeout = 3s; task_timeout = 4s; dns_timeout = 5s; dns { timeout = 6s; server = "a"; nameserver = "b" }
    upstreams { revive_time = 7s; } enable_test_patterns = yes }`);
  const { task_timeout, dns, upstream, gtube_patterns } = config.options;
  assert.deepEqual([task_timeout, dns.timeout, upstream.revive_time, gtube_patterns], [3000, 5000, 7000, 'all']);
  assert.deepEqual(
    dns.nameserver.map(({ value }) => value),
    ['a'],
  );
});

test('hosts files of the resolver', { timeout: 60_000 }, () => {
  const files = (value: string) => build(`options { dns { hosts = ${value} } }`).config.options.dns.hosts;
  assert.deepEqual(files('null'), []);
  assert.deepEqual(files('"/etc/my-hosts"'), ['/etc/my-hosts']);
  assert.deepEqual(files('["/a", "/b"]'), ['/a', '/b']);
});

test('options of other workers are known, and checked as the original does', { timeout: 60_000 }, () => {
  const stock =
    'filters = "chartable,dkim"; one_shot = false; max_urls = 10; local_addrs = [127.0.0.1]; maps { connect_timeout = 1s; }';
  assert.deepEqual(build(`options { ${stock} }`).findings, []);
  assert.deepEqual(messages(build('options { max_urls = many; raw_mode = no; sessions_cache = "x"; }'), 'error'), [
    'cannot convert string to integer in option max_urls',
    'cannot convert string to boolean in option sessions_cache',
  ]);
});

test('names of nobody are passed over unless they look like ours', { timeout: 60_000 }, () => {
  assert.deepEqual(build('options { raw_mode = yes; temp_dir = "/tmp"; something_else = 1; }').findings, []);
  assert.deepEqual(messages(build('options { max_mesage = 1; dns { nameservers = "a" } }')), [
    'unknown option max_mesage in section options has no effect',
    'unknown option nameservers in section options.dns has no effect',
  ]);
});

test('sections that are no objects', { timeout: 60_000 }, () => {
  for (const [content, message] of [
    ['options = 5', 'object in section options has invalid type'],
    ['logging = [1]', 'object in section logging has invalid type'],
    ['options { dns = "x" }', 'default configuration must be an object for section dns (actual type is string)'],
  ] as const) {
    assert.deepEqual(messages(build(content), 'error'), [message]);
  }
});

test('logging', { timeout: 60_000 }, () => {
  const { logging } =
    build(`logging { type = "SYSLOG"; facility = "LOG_MAIL"; level = "Message"; log_color = yes; json = true; severity = 1;
    debug_modules = "dns, upstream"; debug_modules = ["proxy"]; max_tag_len = 9; tag_strip_policy = "left"; log_urls = no }`).config;
  const { type, facility, level, color, json, severity, debug_modules, max_tag_len, tag_strip_policy } = logging;
  assert.deepEqual([type, facility, level, color, json, severity], ['syslog', 'mail', 'notice', true, true, false]);
  assert.deepEqual([debug_modules, max_tag_len, tag_strip_policy], [['dns', 'upstream', 'proxy'], 9, 'left']);
  const none = build('').config.logging;
  assert.deepEqual([none.type, none.level, none.facility], [undefined, 'warning', 'daemon']);
});

test('logging without a type, and under its other name', { timeout: 60_000 }, () => {
  const expected = ['logging type is not specified correctly, log output to the console'];
  assert.deepEqual(messages(build('logging { level = info }')), expected);
  assert.equal(build('logger { type = "console"; level = "debug" }').config.logging.level, 'debug');
});

test('http is never an error', { timeout: 60_000 }, () => {
  const built = build(
    'http { client { user_agent = ""; connect_timeout = "x"; eviction_policy = "LIFO"; cache_size = 7 } server = 5 }',
  );
  const { client, server } = built.config.http;
  assert.deepEqual([client.user_agent, client.connect_timeout, client.eviction_policy], ['', 0, 'lifo']);
  assert.deepEqual([client.cache_size, server.cache_size, client.server_hdr], [7, 1024, undefined]);
  assert.deepEqual(messages(built, 'error'), []);
});

test('actions of the program and of the operator', { timeout: 60_000 }, () => {
  const { actions } =
    build(`actions { reject = 15; add_header = 6; "rewrite subject" = 7.5; greylist = null; subject = "SPAM %s";
    "quarantine me" { flags = ["no_threshold"]; milter = "quarantine"; } "low" { score = 1; flags = ["ham", "threshold_only"]; } }`).config;
  const found = new Map(actions.list.map((action) => [action.name, action]));
  assert.deepEqual(
    ['reject', 'add header', 'rewrite subject', 'greylist', 'soft reject', 'low'].map(
      (name) => found.get(name)?.threshold,
    ),
    [15, 6, 7.5, undefined, undefined, 1],
  );
  assert.equal(found.get('greylist')?.noThreshold, true);
  const { type, noThreshold } = found.get('quarantine me') ?? {};
  assert.deepEqual([type, noThreshold], ['quarantine', true]);
  assert.deepEqual(
    [found.get('low')?.type, found.get('low')?.ham, found.get('low')?.thresholdOnly],
    ['custom', true, true],
  );
  assert.equal(actions.subject, 'SPAM %s');
});

test('an action below zero pushes no action below itself', { timeout: 60_000 }, () => {
  const threshold = (content: string) =>
    build(content).config.actions.list.find(({ name }) => name === 'no action')?.threshold;
  assert.equal(threshold('actions { greylist = -2; reject = 5 }'), -2.001);
  assert.equal(threshold('actions { greylist = -2; no_action = -9 }'), -9);
  assert.equal(threshold('actions { reject = 5 }'), undefined);
});

test('the old metric section changes actions and scores', { timeout: 60_000 }, () => {
  const { config } =
    build(`actions { reject = 10; } metric { name = "default"; actions { reject = 20; } subject = "old";
    group { g { symbol { A { weight = 2.5; } } } } symbol { B { score = 3; } } }`);
  assert.equal(config.actions.list.find(({ name }) => name === 'reject')?.threshold, 20);
  assert.equal(config.actions.subject, 'old');
  assert.deepEqual(
    config.groups.flatMap(({ symbols }) => symbols.map(({ name, score }) => [name, score])),
    [
      ['A', 2.5],
      ['B', 3],
    ],
  );
});

test('groups with their symbols', { timeout: 60_000 }, () => {
  const { config } =
    build(`group "a" { max_score = 5; description = "d"; one_shot = true; symbols { "X" { weight = 1.0; groups = ["b", "c"]; } Y { score = 2; enabled = false; } } }
    group { name = "flat"; disabled = yes; symbols { Z { } } }`);
  const [a, flat] = config.groups;
  assert.deepEqual([a?.name, a?.maxScore, a?.description, a?.oneShot, a?.disabled], ['a', 5, 'd', true, false]);
  assert.deepEqual(
    a?.symbols.map((one) => [one.name, one.score, one.disabled, one.groups]),
    [
      ['X', 1, false, ['b', 'c']],
      ['Y', 2, true, []],
    ],
  );
  assert.deepEqual([flat?.name, flat?.disabled, flat?.symbols.length], ['flat', true, 1]);
});
