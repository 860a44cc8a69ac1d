import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { noPostfix, startPostfix } from '../support/postfix.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { type Behaviour, scriptedScanner } from '../support/scripted-scanner.ts';
import { SmtpClient, startSink } from '../support/smtp.ts';
import { asSent, headersOf, mail } from './support.ts';

/** Answers of a scanner that is no Rspamd: `action score`. */
const parser = `parser = <<EOD
return function(body)
  if body == "endless" then while true do end end
  local action, score = body:match("^(%a[%a ]*) (-?[%d.]+)$")
  if not action then error("no verdict: " .. body) end
  return { action = action, score = tonumber(score), symbols = { OTHER = { name = "OTHER", score = 1 } } }
end
EOD;`;

function answer(body: string): Behaviour {
  return { raw: `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}` };
}

test('a parser on the upstream of a milter: its verdict counts, without one mail is deferred', {
  timeout: 300_000,
  skip: noPostfix,
}, async (t) => {
  const scanner = await scriptedScanner(t);
  const milterPort = await freePort();
  const proxy = await startProxyProcess(
    t,
    `logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 3; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${milterPort}";
  milter = yes;
  count = 1;
  script_timeout = 2s;
  upstream "other" { default = yes; hosts = "${scanner.hosts}"; ${parser} }
}`,
  );
  const sink = await startSink(t);
  const postfix = await startPostfix(t, { milter: `inet:127.0.0.1:${milterPort}`, relayPort: sink.port });
  const client = await SmtpClient.connect(postfix.port);
  t.after(() => client.destroy());
  const send = async (body: string, message = mail()) => {
    scanner.play(answer(body));
    return (await client.send('a@example.org', ['b@example.net'], message)).code;
  };
  assert.equal(await send('reject 20'), 554);
  const clean = mail();
  assert.equal(await send('no action -1.5', clean), 250);
  assert.equal(asSent(await sink.next()), clean);
  assert.equal(await send('add header 6'), 250);
  assert.ok(headersOf(await sink.next()).includes('X-Spam: Yes'));
  // Whatever goes wrong, nothing is taken without a verdict.
  for (const body of ['what?', 'endless', '']) assert.equal(await send(body), 451, body);
  assert.match(
    proxy.output(),
    /proxy_backend_parse_results: cannot run lua parser script: \[string "proxy parser"\]:4: no verdict: what\?/,
  );
  assert.match(proxy.output(), /cannot run lua parser script \S+rspamd\.conf:\d+: it was stopped, its time is over/);
  assert.equal(await send('no action 0'), 250);
});

test('HTTP clients get the answer as it came and do not wait for the parser; RSPAMC gets what it made of it', {
  timeout: 180_000,
}, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const proxy = await startProxyProcess(
    t,
    `logging { type = "console"; level = "info"; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  script_timeout = 5s;
  upstream "other" { default = yes; hosts = "${scanner.hosts}"; ${parser} }
  mirror "same" { hosts = "${scanner.hosts}"; }
  script = <<EOD
local logger = require "rspamd_logger"
return function(results)
  logger.infox("%s %s, %s", results.master.action, results.master.score, results.same)
end
EOD;
}`,
  );
  const ask = async (body: string) => {
    scanner.play(answer(body));
    const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
    return { body: reply.body.toString(), type: reply.header('Content-Type') };
  };
  assert.deepEqual(await ask('endless'), { body: 'endless', type: 'text/plain' });
  assert.doesNotMatch(proxy.output(), /its time is over/, 'the parser is still at it');
  // On a busy machine the next ones may still wait for it in vain.
  while (!proxy.output().includes('reject 17.5, unknown error')) {
    assert.equal((await ask('reject 17.5')).body, 'reject 17.5');
    await sleep(500);
  }

  const legacy = new RawClient(port).send('CHECK RSPAMC/1.3\r\nContent-Length: 16\r\n\r\nSubject: x\r\n\r\nabc');
  const text = (await legacy.rest()).toString();
  assert.match(text, /^RSPAMD\/1\.3 0 EX_OK\r\nMetric: default; True; 17\.50 /);
  assert.match(text, /Symbol: OTHER\(1\.00\)/);
});
