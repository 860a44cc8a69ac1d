import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOfChunk } from '../../src/config/index.ts';
import { lineAndColumn, type Position } from '../../src/ucl/index.ts';
import { build, buildWorker, messages } from './support.ts';

const upstream = 'upstream "local" { default = yes; hosts = "127.0.0.1"; }';
const bind = 'bind_socket = "localhost:11332";';

test('an empty worker has the defaults of the original', { timeout: 60_000 }, () => {
  const { worker } = buildWorker('');
  const { timeout, max_retries, milter, spam_header, allow_file_and_shm_inputs, log_tag_type, enabled } = worker;
  assert.deepEqual(
    { timeout, max_retries, milter, spam_header, allow_file_and_shm_inputs, log_tag_type, enabled },
    {
      timeout: 120_000,
      max_retries: 5,
      milter: false,
      spam_header: 'X-Spam',
      allow_file_and_shm_inputs: true,
      log_tag_type: 'session',
      enabled: true,
    },
  );
  assert.deepEqual(
    [worker.reject_message, worker.count, worker.keypair, worker.script],
    [undefined, undefined, [], []],
  );
});

test('values become what their option means', { timeout: 60_000 }, () => {
  const { worker } = buildWorker(`${bind} ${upstream}
    timeout = 1.5; max_retries = 3.9; milter = 1; discard_on_reject = on; spam_header = 5; reject_message = null;
    client_ca_name = yes; quarantine_message = 'a\\'b'; max_connections = 1k; log_tag_type = "QUEUE-ID"`);
  const { timeout, max_retries, milter, discard_on_reject, spam_header, client_ca_name, quarantine_message } = worker;
  assert.deepEqual(
    [timeout, max_retries, milter, discard_on_reject, spam_header, client_ca_name, quarantine_message],
    [1500, 3, true, true, '5', 'true', "a'b"],
  );
  assert.deepEqual([worker.reject_message, worker.max_connections, worker.log_tag_type], [undefined, 1000, 'queue_id']);
});

test('strings keep their bytes', { timeout: 60_000 }, () => {
  const { worker } = buildWorker('reject_message = "größer";');
  assert.equal(worker.reject_message, Buffer.from('größer').toString('latin1'));
});

test('shapes of a worker section', { timeout: 60_000 }, () => {
  const bodies = [
    `worker "rspamd_proxy" { ${bind} }`,
    `worker { rspamd_proxy { ${bind} } }`,
    `worker { type = "rspamd_proxy"; ${bind} }`,
    `worker { rspamd_proxy { ${bind} } controller { count = 1 } }`,
    `worker "normal" { count = 1 } worker "rspamd_proxy" { ${bind} }`,
  ];
  for (const content of bodies) {
    const { config } = build(content);
    assert.deepEqual(
      config.workers.map(({ listeners }) => listeners.map(({ line }) => line)),
      [['localhost:11332']],
      content,
    );
  }
});

test('an empty worker section is nothing', { timeout: 60_000 }, () => {
  assert.deepEqual([build('worker {}').config.workers, build('worker {}').findings], [[], []]);
});

test('all proxy workers of a tree are there, other types are named', { timeout: 60_000 }, () => {
  const { config } = build(`
    worker "rspamd_proxy" { bind_socket = "localhost:1" } worker "fuzzy" { count = -1 }
    worker { type = "rspamd_proxy"; bind_socket = "localhost:2" } worker "hs_helper" { count = 1 }`);
  assert.deepEqual(
    config.workers.map(({ listeners }) => listeners[0]?.line),
    ['localhost:1', 'localhost:2'],
  );
  assert.deepEqual(config.otherWorkers, ['fuzzy', 'hs_helper']);
});

test('of two same types in one worker section the first counts', { timeout: 60_000 }, () => {
  const built = build(`worker { rspamd_proxy { ${bind} ${upstream} } rspamd_proxy { bind_socket = "localhost:2" } }`);
  assert.deepEqual(
    built.config.workers.map(({ listeners }) => listeners[0]?.line),
    ['localhost:11332'],
  );
  assert.deepEqual(messages(built, 'warning'), [
    'a second rspamd_proxy section inside the same worker section is ignored',
  ]);
});

test('a worker is off by its count or by enabled', { timeout: 60_000 }, () => {
  for (const [line, off] of [
    ['count = 1', false],
    ['count = 0', true],
    ['count = -1', true],
    ['enabled = no', true],
    ['enabled = 1', false],
  ] as const) {
    const { worker, findings } = buildWorker(`${line};`);
    assert.equal(worker.off, off, line);
    if (off) assert.deepEqual(findings, [], 'what is off needs no socket');
  }
});

test('bind_socket comes from the first of its names, repeated or as an array', { timeout: 60_000 }, () => {
  const lines = (body: string) => buildWorker(`${body} ${upstream}`).worker.listeners.map(({ line }) => line);
  assert.deepEqual(lines('bind_socket = "*:1"; bind_socket = "*:2";'), ['*:1', '*:2']);
  assert.deepEqual(lines('bind_socket = ["*:1", "*:2"]; bind_socket = "*:3";'), ['*:1', '*:2', '*:3']);
  assert.deepEqual(lines('listen = "*:1"; bind = "*:2";'), ['*:1']);
  assert.deepEqual(messages(buildWorker(`bind_socket = 25; ${upstream}`), 'warning'), [
    'bind_socket must be a string: this integer is passed over',
  ]);
});

test('two workers on one socket are told', { timeout: 60_000 }, () => {
  const built = build(`worker "rspamd_proxy" { ${bind} ${upstream} } worker "rspamd_proxy" { ${bind} ${upstream} }`);
  assert.deepEqual(messages(built, 'warning'), ['two workers listen on localhost:11332']);
});

test('type in the body of a worker is noted in the words of the original', { timeout: 60_000 }, () => {
  assert.deepEqual(messages(buildWorker(`type = "proxy"; ${bind} ${upstream}`)), [
    'unknown worker attribute: type; worker type: rspamd_proxy',
  ]);
});

test('options to come are noted when they are set, not when they say the usual', { timeout: 60_000 }, () => {
  const quiet = `${bind} ${upstream} count = 1; encrypted_only = no; max_connections = 0; log_tag_type = "session";`;
  assert.deepEqual(messages(buildWorker(quiet)), []);
  const notices = messages(build('options { fips_mode = yes; dns { enable_dnssec = no; } }'), 'notice');
  const named = notices.map((notice) => /^option (\S+) has no effect yet: /.exec(notice)?.[1]);
  assert.deepEqual(named, ['fips_mode']);
});

test('a line of a script is a line of the configuration', { timeout: 60_000 }, () => {
  const { worker } = buildWorker(`${bind} ${upstream}
script = <<EOD
first
  second
EOD;
script = 'one
two';
script = "in quotes\\nwith an escape";`);
  const places = worker.script.map((chunk) => [1, 2].map((line) => lineAndColumn(lineOfChunk(chunk, line))));
  const start = lineAndColumn(worker.script[0]?.at as Position).line;
  assert.deepEqual(
    places.map((lines) => lines.map(({ line, column }) => [line - start, column])),
    [
      [
        [1, 1],
        [2, 3],
      ],
      [
        [4, 11],
        [5, 1],
      ],
      [
        [6, 10],
        [6, 10],
      ],
    ],
  );
});

test('a wrong type is an error in the words of the original', { timeout: 60_000 }, () => {
  for (const [line, message] of [
    ['milter = "yes"', 'cannot convert string to boolean in option milter'],
    ['milter = 1.0', 'cannot convert number to boolean in option milter'],
    ['timeout = "5"', 'cannot convert string to double in option timeout'],
    ['timeout = true', 'cannot convert boolean to double in option timeout'],
    ['max_retries = null', 'cannot convert null to integer in option max_retries'],
    ['spam_header = {}', 'cannot convert object to string in option spam_header'],
    ['spam_header = 5s', 'cannot convert number to string in option spam_header'],
    ['count = "two"', 'cannot convert string to integer in option count'],
  ] as const) {
    assert.deepEqual(messages(buildWorker(`${bind} ${upstream} ${line};`), 'error'), [message]);
  }
});
