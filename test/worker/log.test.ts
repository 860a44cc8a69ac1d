import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  escapeControls,
  formatLine,
  formatSyslog,
  type LogLine,
  plainStyle,
  stripTag,
} from '../../src/worker/log/format.ts';
import { LeveledLogger } from '../../src/worker/log/logger.ts';
import { DescriptorSink, type Sink, SyslogSink } from '../../src/worker/log/sinks.ts';
import { fileTarget } from '../../src/worker/log/writer.ts';

const at = new Date(2026, 10, 22, 11, 46, 51, 556).getTime();
const proc = { pid: 11713, type: 'rspamd_proxy' };
const line: LogLine = {
  level: 'info',
  module: 'proxy',
  fn: 'proxy_accept_socket',
  id: '550f42aabbccddee',
  message: 'accepted http connection from 127.0.0.1 port 35576',
};
const text = 'accepted http connection from 127.0.0.1 port 35576';

test('a line has the shape of the original in every style', () => {
  const shapes: ReadonlyArray<readonly [Partial<typeof plainStyle>, string]> = [
    [{}, `2026-11-22 11:46:51 #11713(rspamd_proxy) <550f42>; proxy; proxy_accept_socket: ${text}\n`],
    [
      { severity: true, usec: true },
      `2026-11-22 11:46:51.55600 [info] #11713(rspamd_proxy) <550f42>; proxy; proxy_accept_socket: ${text}\n`,
    ],
    [{ systemd: true }, `(rspamd_proxy) <550f42>; proxy; proxy_accept_socket: ${text}\n`],
    [
      { json: true },
      `{"ts": ${at / 1000}, "pid": 11713, "severity": "info", "worker_type": "rspamd_proxy", "id": "550f42", "module": "proxy", "function": "proxy_accept_socket", "message": "${text}"}\n`,
    ],
    [
      { color: true },
      `\x1b[0;37m2026-11-22 11:46:51 #11713(rspamd_proxy) <550f42>; proxy; proxy_accept_socket: ${text}\n\x1b[0m`,
    ],
  ];
  for (const [style, expected] of shapes) {
    assert.equal(formatLine(line, { ...plainStyle, ...style }, proc, at), expected);
  }
  assert.equal(formatSyslog(line, plainStyle, proc, at), `<550f42>; proxy; proxy_accept_socket: ${text}`);
});

test('a line without session and module names the function only', () => {
  const bare = { ...line, id: '', module: '' };
  assert.equal(
    formatLine(bare, plainStyle, proc, at),
    `2026-11-22 11:46:51 #11713(rspamd_proxy) proxy_accept_socket: ${text}\n`,
  );
});

test('tag, module and function take 63 bytes at most', () => {
  const long = { ...line, fn: 'f'.repeat(80) };
  const [, rest = ''] = formatLine(long, plainStyle, proc, at).split('(rspamd_proxy) ');
  assert.equal(rest.indexOf(text), 63);
  assert.equal(rest[62], ' ');
});

test('session ids are cut as tag_strip_policy says', () => {
  const id = '0123456789abcdef';
  assert.equal(stripTag(id, { maxTagLength: 6, tagStripPolicy: 'right' }), '012345');
  assert.equal(stripTag(id, { maxTagLength: 6, tagStripPolicy: 'left' }), 'abcdef');
  assert.equal(stripTag(id, { maxTagLength: 5, tagStripPolicy: 'middle' }), '01def');
  assert.equal(stripTag(id, { maxTagLength: 1, tagStripPolicy: 'middle' }), '0');
  assert.equal(stripTag(id, { maxTagLength: 99, tagStripPolicy: 'right' }), id);
});

test('control bytes cannot forge a line', () => {
  assert.equal(escapeControls('a\nb\x00\x7fé'), 'a\\x0Ab\\x00\\x7Fé');
});

function collecting(): { sink: Sink; messages: string[] } {
  const messages: string[] = [];
  const none = () => {};
  return { messages, sink: { write: (l) => void messages.push(l.message), reopen: none, flush: none, close: none } };
}

test('level and debug modules decide what is written', () => {
  const { sink, messages } = collecting();
  const logger = new LeveledLogger(sink, 'warning', ['Upstream']);
  logger.log('info', 'proxy', 'f', '', 'quiet');
  logger.log('warning', 'proxy', 'f', '', 'shown');
  logger.log('debug', 'upstream', 'f', '', 'debugged');
  logger.log('debug', 'proxy', 'f', '', 'not debugged');
  assert.deepEqual(messages, ['shown', 'debugged']);
});

test('a repeated message is shown three times, then counted', () => {
  const { sink, messages } = collecting();
  const logger = new LeveledLogger(sink, 'info');
  for (let i = 0; i < 10; i++) logger.log('info', 'proxy', 'f', '', 'same');
  logger.log('info', 'proxy', 'f', '', 'other');
  assert.deepEqual(messages, ['same', 'same', 'same', 'Last message repeated 7 times', 'other']);
});

test('a file is reopened where logrotate left a hole', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'log-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'rspamd.log');
  const logger = new LeveledLogger(new DescriptorSink(fileTarget(path), plainStyle, proc), 'info');
  logger.log('info', 'm', 'f', '', 'one');
  logger.flush();
  renameSync(path, `${path}.1`);
  logger.reopen();
  logger.log('info', 'm', 'f', '', 'two');
  logger.close();
  assert.match(readFileSync(`${path}.1`, 'utf8'), /m; f: one\n$/);
  assert.match(readFileSync(path, 'utf8'), /m; f: two\n$/);
});

/** A stand-in for logger(1) that keeps what it reads; `lines()` waits for its end. */
async function keepingLogger(t: TestContext, script: string) {
  const dir = mkdtempSync(join(tmpdir(), 'log-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [out, fifo] = [join(dir, 'lines'), join(dir, 'done')];
  execFileSync('mkfifo', [fifo]);
  const sink = new SyslogSink(plainStyle, proc, 3, ['sh', '-c', `${script} cat > ${out}; echo end > ${fifo}`]);
  const done = once(spawn('cat', [fifo]), 'exit');
  const lines = async () => {
    sink.close();
    await done;
    return readFileSync(out, 'utf8');
  };
  return { sink, lines };
}

test('a system log that stands still costs lines, not memory', { timeout: 60_000 }, async (t) => {
  const { sink, lines } = await keepingLogger(t, 'sleep 1;');
  for (let i = 0; i < 2000; i++) sink.write({ ...line, message: 'x'.repeat(20_000) }, at);
  const { length } = await lines();
  assert.ok(length > 1_000_000 && length < 2_000_000, `${length} bytes`);
});

test('syslog lines carry facility and severity', { timeout: 60_000 }, async (t) => {
  const { sink, lines } = await keepingLogger(t, '');
  sink.write({ ...line, level: 'error' }, at);
  sink.write({ ...line, level: 'info' }, at);
  assert.equal(
    await lines(),
    `<27><550f42>; proxy; proxy_accept_socket: ${text}\n<30><550f42>; proxy; proxy_accept_socket: ${text}\n`,
  );
});
