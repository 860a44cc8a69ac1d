import type { Rule } from '../../rule.ts';
import { symbol } from '../check.ts';

/** Senders whose Message-IDs are not as they should be, with what they look like; undefined where there are none. */
const senders = new Map<string, RegExp | undefined>([
  ['alibaba.com', /^[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}-0$/],
  ['beeline.ru', /^<[A-z0-9+]{18}>$/],
  ['cdek.ru', undefined],
  ['citilink.ru', undefined],
  ['freshports.org', undefined],
  ['garant.ru', undefined],
  ['kassir.ru', undefined],
  ['mail-us.jira.com', /^[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}$/],
  ['mts.ru', undefined],
  ['news.ozon.ru', /^[A-z0-9+/]{32}$/],
  ['qiwi.ru', undefined],
  ['sender.ozon.ru', /^[A-z0-9+/]{32}$/],
]);

/** Excuses Message-IDs of senders that are known to make them like that (rspamd: src/plugins/lua/mid.lua). */
export const knownIds: Rule = {
  name: 'KNOWN_MID_CALLBACK',
  stage: 'filter',
  after: ['DKIM_CHECK'],
  symbols: {
    KNOWN_MID: symbol(0, 'mid', 'The Message-ID is as this sender makes it'),
    KNOWN_NO_MID: symbol(0, 'mid', 'This sender makes no Message-ID'),
  },
  run: (task) => {
    const id = task.message.header('Message-ID');
    for (const option of task.results.get('R_DKIM_ALLOW')?.options ?? []) {
      const domain = option.split(':')[0] as string;
      if (!senders.has(domain)) continue;
      const pattern = senders.get(domain);
      if (pattern === undefined && id === undefined) task.insert('KNOWN_NO_MID', 1, [option]);
      else if (id !== undefined && pattern?.test(id) === true) task.insert('KNOWN_MID', 1, [option]);
      else continue;
      return;
    }
  },
};
