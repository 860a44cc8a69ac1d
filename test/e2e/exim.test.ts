import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Exim, noExim, startExim } from '../support/exim.ts';
import { freePort } from '../support/free-port.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { noRspamd } from '../support/rspamd.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';
import { SmtpClient } from '../support/smtp.ts';
import { gtube, mail, startScanner } from './support.ts';

interface Site {
  readonly exim: Exim;
  readonly proxy: ProxyProcess;
  readonly client: SmtpClient;
}

/** @param variant what stands behind the address in `spamd_address` */
async function startSite(t: TestContext, hosts: string, variant: string): Promise<Site> {
  const port = await freePort();
  const proxy = await startProxyProcess(
    t,
    `logging { type = "console"; level = "info"; }
     worker "rspamd_proxy" { bind_socket = "127.0.0.1:${port}"; count = 1; timeout = 20s; max_retries = 2;
       upstream "scanner" { default = yes; hosts = "${hosts}"; } }`,
  );
  const exim = await startExim(t, `127.0.0.1 ${port} ${variant}`);
  const client = await SmtpClient.connect(exim.port);
  t.after(() => client.destroy());
  return { exim, proxy, client };
}

const to = ['one@example.net', 'two@example.net'];

/** Sends a message that is taken. @returns its header as Exim keeps it */
async function taken({ client, exim }: Site, message: string): Promise<string> {
  const reply = await client.send('sender@example.org', to, message);
  assert.equal(reply.code, 250, `${reply.text}\n${exim.log()}`);
  return exim.queued(/id=(\S+)/.exec(reply.text)?.[1] ?? '');
}

const scripted = {
  action: 'add header',
  score: 7.5,
  required_score: 15,
  symbols: { A_RULE: { name: 'A_RULE', score: 7.5, description: 'a reason' } },
};

for (const variant of ['variant=rspamd', '']) {
  const said = variant === '' ? 'without variant' : 'with variant=rspamd';
  const legacy = variant === '' ? 'spamc' : 'rspamc';

  test(`Exim ${said}: verdicts of a real scanner`, { timeout: 300_000, skip: noExim || noRspamd }, async (t) => {
    const scanner = await startScanner(t);
    const site = await startSite(t, `127.0.0.1:${scanner.port}`, variant);
    assert.match(await taken(site, mail()), /X-Spam-Score: -?\d+\.\d no action/);
    const refused = await site.client.send('sender@example.org', to, mail({}, gtube));
    assert.equal(refused.code, 550, refused.text);
    assert.match(refused.text, /^(?:refused|spam): /);
    assert.match(site.proxy.output(), new RegExp(`enabling legacy ${legacy} mode for session`));
    if (variant === '') return;
    assert.match(scanner.log(), /qid: <\w{6}-\w+-\w+>, ip: 127\.0\.0\.1/);
    assert.match(scanner.log(), /from: <sender@example\.org>/);
    assert.match(scanner.log(), /rcpts: <one@example\.net,two@example\.net>/);
  });

  test(`Exim ${said}: score, action and report`, { timeout: 300_000, skip: noExim }, async (t) => {
    const scanner = await scriptedScanner(t, [{ json: scripted }]);
    const site = await startSite(t, scanner.hosts, variant);
    const header = await taken(site, mail({ 'X-Own': 'kept' }));
    // Exim without variant knows two actions only, by the score.
    assert.match(header, variant === '' ? /X-Spam-Score: 7\.5 no action/ : /X-Spam-Score: 7\.5 add header/);
    assert.match(
      header,
      /X-Spam-Report: Action: add header\n\s+Symbol: A_RULE\(7\.50\)\n\s+X-Symbol: A_RULE\(7\.50\); a reason/,
    );
    const seen = scanner.requests[0];
    assert.match(seen?.body.toString() ?? '', /\nX-Own: kept\n/);
    assert.equal(seen?.target, '/checkv2');
    assert.deepEqual(seen?.all('User'), []);
    scanner.play({ json: { ...scripted, action: 'reject', score: 15 } });
    const spam = await site.client.send('sender@example.org', to, mail());
    assert.deepEqual([spam.code, spam.text], [550, 'spam: 15.0 reject']);
  });

  test(`Exim ${said}: a scanner that fails means try again, and nothing passes`, {
    timeout: 300_000,
    skip: noExim,
  }, async (t) => {
    const scanner = await scriptedScanner(t);
    const site = await startSite(t, scanner.hosts, variant);
    const refused = async (what: string): Promise<void> => {
      const reply = await site.client.send('sender@example.org', to, mail());
      assert.equal(reply.code, 451, `${what}: ${reply.text}`);
    };
    for (const behaviour of ['text', 'close', 'half', 'garbage'] as const) {
      scanner.play(behaviour);
      await refused(behaviour);
    }
    await scanner.stop();
    await refused('stopped');
    await scanner.listen();
    scanner.play({ json: scripted });
    assert.match(await taken(site, mail()), /X-Spam-Score: 7\.5/);
  });
}
