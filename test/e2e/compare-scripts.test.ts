import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dumper } from '../conformance/scripts/seen.ts';
import { freePort } from '../support/free-port.ts';
import { projectRoot } from '../support/project.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { noRspamd, startRspamd } from '../support/rspamd.ts';
import { type Behaviour, scriptedScanner } from '../support/scripted-scanner.ts';
import { gtube, mail } from './support.ts';

const bounded = { timeout: 180_000, skip: noRspamd };

/** A proxy at work, ours or Debian's. */
interface Side {
  readonly port: number;
  /** What scripts have logged so far, without time, process and tag. */
  lines(): string[];
}

/** The same section behind both. */
async function startBoth(t: TestContext, section: (folder: string) => string): Promise<[ours: Side, theirs: Side]> {
  const folders = ['ours', 'theirs'].map((name) => {
    const folder = join(folderOf(t), name);
    mkdirSync(folder);
    return folder;
  }) as [string, string];
  const [ourPort, theirPort] = [await freePort(), await freePort()];
  // A section of the operator's own, for his scripts.
  const own = 'mycompare { limit = 2.5; names = ["a", "b"]; }';
  const worker = (port: number, folder: string, more = ''): string =>
    `${own}\nworker "rspamd_proxy" {\n bind_socket = "127.0.0.1:${port}";\n count = 1;\n${more}\n${section(folder)}\n}`;
  const logging = 'logging { type = "console"; level = "info"; }';
  const ours = await startProxyProcess(t, `${logging}\n${worker(ourPort, folders[0], 'script_timeout = 60s;')}`);
  const theirs = await startRspamd(t, { sections: worker(theirPort, folders[1]), port: theirPort });
  return [
    { port: ourPort, lines: () => scriptLines(ours.output(), folders[0]) },
    { port: theirPort, lines: () => scriptLines(theirs.log(), folders[1]) },
  ];
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-scripts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function scriptLines(log: string, folder: string): string[] {
  return log
    .split('\n')
    .map((line) => line.replace(/^\S+ \S+ #\d+\(rspamd_proxy\) (?:<[^>]*>; )?/, '').replaceAll(folder, ''))
    .filter((line) => /^(?:lua; |proxy; proxy_call_cmp_script: |.*cannot run lua parser script: )/.test(line))
    .map(asToday);
}

/** Debian's release has other words for it than that of today. */
function asToday(line: string): string {
  return line.replace('IO write error: Connection refused', 'Connection failed: Connection refused');
}

async function send(side: Side, message: string): Promise<void> {
  const client = new RawClient(side.port);
  const reply = await client.send(post('/checkv2', ['Connection: close'], message)).reply();
  assert.equal(reply.status, 200);
  await client.closed;
}

async function until(side: Side, what: (lines: readonly string[]) => boolean): Promise<void> {
  while (!what(side.lines())) await sleep(20);
}

/** The sample of Rspamd's documentation of the proxy worker. */
const sample = `
  script = <<EOD
return function(results)
  local log = require "rspamd_logger"

  for k,v in pairs(results) do
    if type(v) == 'table' then
      log.infox("%s: %s", k, v['score'])
    else
      log.infox("err: %s: %s", k, v)
    end
  end
end
EOD;`;

test("the documentation's sample with two real scanners: the log lines of Debian's proxy", bounded, async (t) => {
  const folder = folderOf(t);
  const scanner = async (name: string, score: number) => {
    const rules = join(folder, `${name}.lua`);
    writeFileSync(
      rules,
      `rspamd_config:register_symbol({ name = 'OF_${name}', score = ${score}, callback = function() return true end })`,
    );
    const sections = `lua = "${rules}";\nworker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }`;
    return `127.0.0.1:${(await startRspamd(t, { sections, ready: '/ping' })).port}`;
  };
  const [master, mirror] = [await scanner('MASTER', 1.25), await scanner('MIRROR', 4.1)];
  const [ours, theirs] = await startBoth(
    t,
    () => `
  upstream "main" { default = yes; hosts = "${master}"; }
  mirror "test" { hosts = "${mirror}"; }
  mirror "off" { hosts = "127.0.0.1:1"; }
${sample}`,
  );
  for (const [count, message] of [mail(), mail({}, gtube), mail({ Subject: '' }, 'x\r\n'.repeat(5000))].entries()) {
    for (const side of [ours, theirs]) {
      await send(side, message);
      await until(side, (lines) => lines.length === 3 * (count + 1));
    }
  }
  const bySide = [ours, theirs].map((side) => messagesOf(side.lines(), 3));
  assert.deepEqual(bySide[0], bySide[1]);
  assert.equal(bySide[0]?.[0]?.[2], 'lua; [string "proxy parser"]:8: err: off: Connection failed: Connection refused');
});

/** The lines of each message in an order of their own: that of \`pairs\` is different in every process. */
function messagesOf(lines: readonly string[], each: number): string[][] {
  return lines.flatMap((_, at) => (at % each === 0 ? [lines.slice(at, at + each).toSorted()] : []));
}

/** Called last: says that all scripts have been. */
const closing = 'return function() require("rspamd_logger").infox("all done") end';

/** What a scanner does so that scripts are given an error in its place. */
const errors: Readonly<Record<string, Behaviour>> = {
  'IO timeout': 'hang',
  'IO read error: unexpected EOF': 'close',
  'cannot parse ucl': { raw: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n}{' },
  'unknown error': 'text',
};

interface Call {
  readonly master: object;
  readonly mirrors: Readonly<Record<string, object | string>>;
}

const cases = join(projectRoot, 'fixtures/compare');

for (const file of readdirSync(cases).filter((name) => name.endsWith('.lua'))) {
  test(`${file}: what it logs and writes behind Debian's proxy and ours`, bounded, async (t) => {
    const { calls } = JSON.parse(readFileSync(join(cases, file.replace('.lua', '.json')), 'utf8')) as { calls: Call[] };
    const [master, lab] = [await scriptedScanner(t), await scriptedScanner(t)];
    const folders: string[] = [];
    const [ours, theirs] = await startBoth(t, (folder) => {
      folders.push(folder);
      const text = readFileSync(join(cases, file), 'latin1').replaceAll('/var/log/rspamd', folder);
      writeFileSync(join(folder, file), text, 'latin1');
      return `
  upstream "main" { default = yes; hosts = "${master.hosts}"; }
  mirror "lab" { hosts = "${lab.hosts}"; timeout = 2s; }
  script = "${folder}/${file}";
  script = '${closing}';`;
    });
    for (const side of [ours, theirs]) {
      master.play(...calls.map(({ master: json }) => ({ json })));
      lab.play(...calls.map(({ mirrors: { lab: one = 'unknown error' } }) => mirrored(one)));
      for (const [count] of calls.entries()) {
        await send(side, mail());
        await until(side, (lines) => lines.filter((line) => line.endsWith('all done')).length === count + 1);
      }
    }
    assert.deepEqual(ours.lines(), theirs.lines());
    const [written = {}, reference = {}] = folders.map(filesIn);
    assert.deepEqual(written, reference);
  });
}

const parsers = join(projectRoot, 'fixtures/parser');

for (const file of readdirSync(parsers).filter((name) => name.endsWith('.lua'))) {
  test(`parser ${file}: what compare scripts are given behind Debian's proxy and ours`, bounded, async (t) => {
    const { calls } = JSON.parse(readFileSync(join(parsers, file.replace('.lua', '.json')), 'utf8')) as {
      calls: ReadonlyArray<{ readonly body: string }>;
    };
    const [master, lab] = [await scriptedScanner(t), await scriptedScanner(t)];
    const folders: string[] = [];
    const sides = await startBoth(t, (folder) => {
      folders.push(folder);
      writeFileSync(join(folder, 'dump.lua'), dumper(`${folder}/seen.json`));
      return `
  upstream "main" { default = yes; hosts = "${master.hosts}"; }
  mirror "lab" { hosts = "${lab.hosts}"; parser = <<EOD
${readFileSync(join(parsers, file), 'utf8')}
EOD
  }
  script = "${folder}/dump.lua";
  script = '${closing}';`;
    });
    const outcomes: unknown[] = [];
    for (const [index, side] of sides.entries()) {
      lab.play(...calls.map(({ body }) => ({ raw: plain(body) })));
      for (const [count] of calls.entries()) {
        await send(side, mail());
        await until(side, (lines) => lines.filter((line) => line.endsWith('all done')).length === count + 1);
        outcomes.push(JSON.parse(readFileSync(join(folders[index] ?? '', 'seen.json'), 'utf8')));
      }
    }
    assert.deepEqual(outcomes.slice(0, calls.length), outcomes.slice(calls.length));
    const [ours, theirs] = sides.map((side) => side.lines());
    assert.deepEqual(ours, theirs);
  });
}

function plain(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function mirrored(one: object | string): Behaviour {
  return typeof one === 'string' ? (errors[one] ?? 'drop') : { json: one };
}

/** Content by name, the folder itself out of it. */
function filesIn(folder: string): Record<string, string> {
  const read = (name: string) => readFileSync(join(folder, name), 'latin1').replaceAll(folder, '');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]));
}
