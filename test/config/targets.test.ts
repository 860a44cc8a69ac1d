import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWorker, messages } from './support.ts';

const bind = 'bind_socket = "localhost:11332";';

/** Names of upstreams, the default one marked. */
function upstreams(body: string): string[] {
  return buildWorker(`${bind} ${body}`).worker.upstreams.map((one) => (one.default ? `*${one.name}` : one.name));
}

test('shapes of upstream', { timeout: 60_000 }, () => {
  assert.deepEqual(upstreams('upstream "a" { hosts = "h"; default = yes; }'), ['*a']);
  assert.deepEqual(upstreams('upstream { a { hosts = "h" } b { hosts = "h"; default = on; } }'), ['a', '*b']);
  assert.deepEqual(upstreams('upstream { name = "a"; hosts = "h"; }'), ['a']);
  assert.deepEqual(upstreams('upstream "x" { name = "a"; hosts = "h"; }'), ['a']);
});

test('what creates nothing is told', { timeout: 60_000 }, () => {
  for (const [body, warning] of [
    ['upstream { hosts = "h"; default = yes; }', 'this upstream has no name, so its options have no effect'],
    ['upstream = "h";', 'upstream has no effect: it is string, not an object'],
    ['upstream = [{ hosts = "h" }];', 'upstream has no effect: it is array, not an object'],
    [
      'upstream "a" { hosts = "h"; default = yes; } upstream "b" { hosts = "h"; }',
      'upstream b is ignored: of several upstream blocks side by side in one file only the first counts',
    ],
    [
      'upstream { a { hosts = "h"; default = yes; } a { hosts = "i"; } }',
      'a second a inside the same upstream block is ignored',
    ],
  ] as const) {
    assert.ok(messages(buildWorker(`${bind} ${body}`), 'warning').includes(warning), body);
  }
});

test('the last default counts, and self_scan is one by itself', { timeout: 60_000 }, () => {
  assert.deepEqual(upstreams('upstream { a { hosts = "h"; default = yes } b { hosts = "h"; default = yes } }'), [
    'a',
    '*b',
  ]);
  assert.deepEqual(upstreams('upstream { a { hosts = "h"; default = yes } s { self_scan = yes } }'), ['a', '*s']);
  assert.deepEqual(upstreams('upstream { a { hosts = "h"; default = yes } s { self_scan = yes; default = no } }'), [
    '*a',
    's',
  ]);
});

test('names are the same in any case: the later definition counts', { timeout: 60_000 }, () => {
  const body = 'upstream { Local { hosts = "a" } other { name = "LOCAL"; hosts = "b"; default = yes } }';
  assert.deepEqual(upstreams(body), ['*LOCAL']);
  assert.deepEqual(messages(buildWorker(`${bind} ${body}`)), ['upstream LOCAL is defined twice: the later one counts']);
});

test('hosts are all strings, however they are nested', { timeout: 60_000 }, () => {
  const hosts = (value: string) => {
    const { worker } = buildWorker(`${bind} upstream "a" { default = yes; ${value} }`);
    return worker.upstreams.flatMap((one) => one.hosts.map((host) => host.value));
  };
  assert.deepEqual(hosts('hosts = "a, b";'), ['a, b']);
  assert.deepEqual(hosts('hosts = ["a", 5, "b"];'), ['a', 'b']);
  assert.deepEqual(hosts('hosts = "a"; hosts = "b";'), ['a', 'b']);
  assert.deepEqual(hosts('hosts { x = "a"; y = "b"; }'), ['a', 'b']);
});

test('enabled and disabled', { timeout: 60_000 }, () => {
  for (const [lines, disabled] of [
    ['enabled = no', true],
    ['enabled = "off"', true],
    ['enabled = "maybe"', true],
    ['enabled = ""', true],
    ['enabled = 0', false],
    ['disabled = yes', true],
    ['disabled = "no"', false],
    ['disabled = "perhaps"', true],
    ['enabled = true; disabled = true', false],
    ['enabled = "yes"; disabled = true', true],
  ] as const) {
    const { worker } = buildWorker(`${bind} upstream "a" { hosts = "h"; ${lines}; }`);
    assert.deepEqual(worker.disabled, disabled ? ['a'] : [], lines);
  }
});

test('a block takes over what stands before it in the worker', { timeout: 60_000 }, () => {
  const block = 'upstream { a { hosts = "h"; default = yes } b { hosts = "h"; timeout = 2; log_tag = "skip" } }';
  const values = (body: string) =>
    buildWorker(`${bind} ${body}`).worker.upstreams.map((one) => [one.timeout, one.log_tag]);
  assert.deepEqual(values(`timeout = 9s; log_tag_type = "none"; ${block}`), [
    [9000, 'none'],
    [2000, 'none'],
  ]);
  assert.deepEqual(values(`${block} timeout = 9s; log_tag_type = "none";`), [
    [120_000, 'session'],
    [2000, 'none'],
  ]);
  assert.deepEqual(messages(buildWorker(`${bind} ${block} timeout = 9s;`), 'warning'), [
    'timeout stands after upstream and does not reach it: a keeps 120s',
  ]);
});

test('values inside an upstream are taken strictly, and told when they do not count', { timeout: 60_000 }, () => {
  const built = buildWorker(`${bind} timeout = 3; upstream "a" {
    hosts = "h"; default = yes; ssl = "yes"; timeout = "5s"; settings_id = "a"; settings = "b"; compression = 1;
    extra_headers { "X-A" = "b"; X-N = 5; X-O { }; } }`);
  const [upstream] = built.worker.upstreams;
  assert.deepEqual(
    [upstream?.ssl, upstream?.timeout, upstream?.settings_id, upstream?.compress, upstream?.extra_headers],
    [
      false,
      3000,
      'b',
      false,
      [
        ['X-A', 'b'],
        ['X-N', '5'],
      ],
    ],
  );
  assert.deepEqual(messages(built, 'error'), []);
  assert.equal(messages(built, 'warning').length, 5);
});

test('a bad key is an error', { timeout: 60_000 }, () => {
  for (const value of ['"abc"', '5', 'null']) {
    assert.deepEqual(
      messages(buildWorker(`${bind} upstream "a" { hosts = "h"; default = yes; key = ${value}; }`), 'error'),
      ['no public key in base32 in option key'],
    );
  }
});

test('token_bucket has its defaults and corrections', { timeout: 60_000 }, () => {
  const bucket = (body: string) => {
    const { worker } = buildWorker(`${bind} upstream "a" { hosts = "h"; default = yes; ${body} }`);
    return worker.upstreams[0]?.token_bucket;
  };
  assert.equal(bucket(''), undefined);
  assert.deepEqual(bucket('token_bucket {}'), { max_tokens: 10_000, scale: 1024, min_tokens: 1, base_cost: 10 });
  assert.deepEqual(bucket('token_bucket { max_tokens = 0; scale = 1.0; min_tokens = 20000; base_cost = 10k; }'), {
    max_tokens: 10_000,
    scale: 1,
    min_tokens: 10_000,
    base_cost: 5000,
  });
  assert.equal(bucket('token_bucket = 5;'), undefined);
});

test('mirrors side by side all count', { timeout: 60_000 }, () => {
  const { worker } = buildWorker(`${bind} timeout = 4s;
    mirror "a" { hosts = "h"; prob = 0.5; } mirror { b { hosts = "h"; follow_master = yes; enabled = yes } c { hosts = "h"; disabled = yes } }`);
  assert.deepEqual(
    worker.mirrors.map((one) => [one.name, one.probability, one.follow_master, one.timeout]),
    [
      ['a', 0.5, false, 4000],
      ['b', 1, true, 4000],
    ],
  );
  assert.deepEqual(worker.disabled, ['c']);
});

test('options of mirrors: headers of their own, a parser', { timeout: 60_000 }, () => {
  const built = buildWorker(`${bind} upstream "u" { hosts = "h"; default = yes; }
    mirror "a" { hosts = "h"; settings_id = "x"; log_tag = "none"; extra_headers { "X-A" = "b"; } parser = "return 1"; }`);
  const [mirror] = built.worker.mirrors;
  assert.deepEqual([mirror?.settings_id, mirror?.log_tag, mirror?.extra_headers], ['x', 'none', [['X-A', 'b']]]);
  assert.equal(mirror?.parser?.text, 'return 1');
  assert.deepEqual(messages(built), []);
});

test('a parser that is no text is an error, one that would read nothing is told', { timeout: 60_000 }, () => {
  const wrong = buildWorker(`${bind} upstream "u" { hosts = "h"; default = yes; parser = 5; }`);
  assert.deepEqual(messages(wrong, 'error'), ['parser option must be a string with file or lua chunk']);
  const idle = buildWorker(`${bind} upstream "u" { self_scan = yes; parser = "return 1"; }`);
  assert.deepEqual(messages(idle), ['parser has no effect: an upstream with self_scan gets no answers to read']);
});

test('comparisons that cannot be made are told', { timeout: 60_000 }, () => {
  const upstream = 'upstream "u" { hosts = "h"; default = yes; }';
  const log = 'comparison_log = "/tmp/comparison.jsonl";';
  const mirror = (name: string): string => `mirror "${name}" { hosts = "h"; }`;
  const complaints = (body: string): string[] => messages(buildWorker(`${bind} ${upstream} ${body}`));
  assert.deepEqual(complaints(`${log} ${mirror('a')} ${mirror('b')}`), []);
  assert.deepEqual(complaints(log), [
    'comparison_log has no effect: there is no mirror whose results could be compared',
  ]);
  assert.deepEqual(complaints(`${mirror('a')} ${mirror('a')}`), [
    'mirror a is defined twice: both get copies, comparisons show the later one only',
  ]);
  assert.deepEqual(complaints(mirror('master')), [
    'a mirror called master hides the result of the upstream from comparisons',
  ]);
});
