import { type Url, type UrlFlag, urlFlags } from '../../message/index.ts';
import type { Task } from '../../task.ts';
import { type Arguments, listOf } from './arguments.ts';

const webProtocols: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'file']);
/** Of more URLs the rest is not looked at (rspamd: option max_lua_urls). */
const maxUrls = 1024;

/** URLs that a rule of Lua sees when it asks for no others (rspamd: src/lua/lua_task.c:lua_task_get_urls). */
export function usualUrls({ message }: Task): Url[] {
  return take(message.urls, (url) => webProtocols.has(url.protocol) && !url.has('image'));
}

export function mailUrls({ message }: Task): Url[] {
  return take(message.urls, (url) => url.isMail);
}

/** All URLs that have all of some flags, and none of others (rspamd: src/lua/lua_task.c:lua_task_get_urls_filtered). */
export function filteredUrls(args: Arguments): (task: Task) => Url[] {
  const [wanted, unwanted] = [flagsOf(args.list(0) ?? []), flagsOf(args.list(1) ?? [])];
  return ({ message }) =>
    take(message.urls, (url) => {
      if (!webProtocols.has(url.protocol) || unwanted.some((flag) => url.has(flag))) return false;
      return wanted.every((flag) => url.has(flag));
    });
}

/** Those that say most of a message, of each registered domain some (rspamd: lualib/lua_util.lua:extract_specific_urls). */
export function specificUrlsOf(args: Arguments, at: number): (task: Task) => Url[] {
  const table = args.table(at);
  const number = (name: string): number | undefined => {
    const given = table[name];
    return typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : undefined;
  };
  const isOn = (name: string): boolean => table[name] === 'true' || table[name] === '1' || table[name] === 'yes';
  const unwanted = flagsOf(listOf(table['exclude_flags'] ?? []));
  const wanted = flagsOf(listOf(table['flags'] ?? []));
  const limit = number('limit') ?? maxUrls;
  const limitEach = number('esld_limit') ?? maxUrls;
  const [mails, images, content] = [isOn('need_emails'), isOn('need_images'), isOn('need_content')];
  return ({ message }) => {
    const fits = (url: Url): boolean => {
      if (!(mails && url.isMail) && !webProtocols.has(url.protocol)) return false;
      if (url.has('image') && !images) return false;
      if (url.has('content') && !content) return false;
      return !unwanted.some((flag) => url.has(flag)) && (wanted.length === 0 || wanted.some((flag) => url.has(flag)));
    };
    const counts = new Map<string, number>();
    const some = take(message.urls, fits).filter(({ tld }) => {
      const count = (counts.get(tld) ?? 0) + 1;
      counts.set(tld, count);
      return tld !== '' && count <= limitEach;
    });
    return some.sort((a, b) => priorityOf(b) - priorityOf(a)).slice(0, limit);
  };
}

function priorityOf(url: Url): number {
  if (url.has('html_displayed') || url.has('image')) return 0;
  if (url.has('obscured')) return 3;
  return url.has('has_user') || url.has('has_port') || url.has('subject') || url.has('phished') ? 2 : 1;
}

function take(urls: Iterable<Url>, fits: (url: Url) => boolean): Url[] {
  const taken: Url[] = [];
  for (const url of urls) if (taken.length < maxUrls && fits(url)) taken.push(url);
  return taken;
}

function flagsOf(names: readonly string[]): UrlFlag[] {
  return names.map((name) => {
    if (!(name in urlFlags)) throw new Error(`${JSON.stringify(name)} is no flag of URLs`);
    return name as UrlFlag;
  });
}
