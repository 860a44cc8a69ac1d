import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { request } from 'undici';
import { startRspamd } from '../../support/rspamd.ts';
import type { Reply } from '../support.ts';
import type { Mail } from './support.ts';

export interface PeerOptions {
  /** Of Debian's Rspamd. */
  readonly plugins: readonly string[];
  /** Given to both sides. */
  readonly sections: string;
  /** Where the file that loads no rules goes. */
  readonly folder: string;
  /** Lua code that is loaded before the plugins. */
  readonly lua?: string;
}

/** Debian's Rspamd with some of its plugins. @returns its answer to a message */
export async function startPeer(t: TestContext, options: PeerOptions): Promise<(mail: Mail) => Promise<Reply>> {
  const { plugins, sections, folder, lua = '' } = options;
  writeFileSync(`${folder}/init.lua`, `require "global_functions" ()\n${lua}`);
  const paths = plugins.map((name) => `path = "/usr/share/rspamd/plugins/${name}.lua";`).join(' ');
  const rspamd = await startRspamd(t, {
    sections: `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
      lua = "${folder}/init.lua"; modules { ${paths} } ${sections}`,
    ready: '/ping',
  });
  return async ({ text, headers = {} }) => {
    const body = Buffer.from(text, 'latin1');
    const reply = await request(`http://127.0.0.1:${rspamd.port}/checkv2`, { method: 'POST', body, headers });
    assert.equal(reply.statusCode, 200, rspamd.log());
    return (await reply.body.json()) as Reply;
  };
}
