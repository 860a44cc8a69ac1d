import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { slow } from '../support/project.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';

/** How much of it there is, and by how much the 99th percentile may move. */
const plan = slow
  ? { rounds: 15, messages: 300, bound: 1.1, tries: 4 }
  : { rounds: 5, messages: 100, bound: 2, tries: 3 };

/** What the script does while a file of that name exists. */
const kinds = ['quick', 'endless', 'sleeping'] as const;
type Kind = (typeof kinds)[number];

const script = (folder: string): string => `
local function there(name)
  local file = io.open("${folder}/" .. name)
  if file then file:close() end
  return file ~= nil
end
return function()
  while there("endless") do for i = 1, 1e5 do end end
  if there("sleeping") then os.execute("while test -e ${folder}/sleeping; do sleep 0.05; done") end
  local file = io.open("${folder}/called", "w")
  file:close()
end`;

function percentile99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

class Bench {
  readonly #folder: string;
  readonly #port: number;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** The 99th percentile of a round of messages, in milliseconds. */
  async round(kind: Kind): Promise<number> {
    const flag = join(this.#folder, kind);
    writeFileSync(flag, '');
    const client = new RawClient(this.#port);
    const times: number[] = [];
    for (let n = 0; n < plan.messages; n++) {
      const began = performance.now();
      const reply = await client.send(post('/checkv2', [])).reply();
      assert.equal(reply.status, 200);
      times.push(performance.now() - began);
    }
    client.socket.destroy();
    rmSync(flag);
    await this.#quiet();
    return percentile99(times);
  }

  /** Resolves when the script has been called for everything that waited. */
  async #quiet(): Promise<void> {
    const called = join(this.#folder, 'called');
    for (let unchanged = 0; unchanged < 3; ) {
      const before = existsSync(called);
      rmSync(called, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
      unchanged = before ? 0 : unchanged + 1;
    }
  }
}

async function startBench(t: TestContext): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-latency-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t)];
  const port = await freePort();
  await startProxyProcess(
    t,
    `logging { type = "console"; level = "warning"; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  script_timeout = 300s;
  upstream "main" { default = yes; hosts = "${master.hosts}"; keepalive = yes; }
  mirror "copy" { hosts = "${mirror.hosts}"; keepalive = yes; }
  script = <<EOD
${script(folder)}
EOD;
}`,
  );
  return new Bench(folder, port);
}

test('mail does not get slower while a script loops or sleeps', { timeout: 600_000 }, async (t) => {
  const bench = await startBench(t);
  // The first rounds are those of a cold program.
  for (const kind of [...kinds, ...kinds]) await bench.round(kind);
  for (let tries = 1; ; tries++) {
    const found: Record<Kind, number[]> = { quick: [], endless: [], sleeping: [] };
    for (let n = 0; n < plan.rounds; n++) for (const kind of kinds) found[kind].push(await bench.round(kind));
    const ratioOf = (kind: Kind): number => median(found[kind].map((time, n) => time / (found.quick[n] ?? Number.NaN)));
    const ratios = (['endless', 'sleeping'] as const).map(ratioOf);
    const figures = kinds.map((kind) => `${kind} ${median(found[kind]).toFixed(2)} ms`).join(', ');
    const shown = `99th percentile: ${figures}; endless/quick ${ratios[0]?.toFixed(2)}, sleeping/quick ${ratios[1]?.toFixed(2)}`;
    t.diagnostic(shown);
    if (ratios.every((ratio) => ratio <= plan.bound)) return;
    assert.ok(tries < plan.tries, shown);
  }
});
