import { docType, type Option, type Table } from './option.ts';
import { actionsTable } from './tables/actions.ts';
import { httpTable } from './tables/http.ts';
import { loggingTable } from './tables/logging.ts';
import { moduleTables } from './tables/modules/index.ts';
import { optionsTable } from './tables/options.ts';
import { proxyTable, workerTable } from './tables/worker.ts';

/** What `confighelp` knows of a section or an option. */
export interface HelpNode {
  readonly data?: string;
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly since?: string;
  /** Other names. */
  readonly aliases?: readonly string[];
  /** What has no effect yet. */
  readonly note?: string;
  readonly example?: string;
  readonly children: ReadonlyMap<string, HelpNode>;
}

const foreignHelp = 'For scanners and other workers; the proxy does not use it';

/** Help for the whole configuration, made of the option tables. */
export function helpTree(): HelpNode {
  const tables: ReadonlyArray<readonly [string, Table]> = [
    ['logging', loggingTable],
    ['options', optionsTable],
    ['actions', actionsTable],
    ['http', httpTable],
    ['worker', workerTable],
    ...Object.entries(moduleTables),
  ];
  const sections = tables.map(([name, table]) => [name, sectionNode(table)] as const);
  const workers: HelpNode = { children: new Map([['rspamd_proxy', { children: children(proxyTable) }]]) };
  return { children: new Map([...sections, ['workers', workers]]) };
}

function sectionNode(table: Table): HelpNode {
  return { data: table.help, type: 'object', required: false, children: children(table) };
}

function children(table: Table): Map<string, HelpNode> {
  const own = Object.entries(table.options).map(([name, option]) => [name, optionNode(option)] as const);
  const foreign = Object.entries(table.foreign ?? {}).map(([name, type]): readonly [string, HelpNode] => [
    name,
    { data: foreignHelp, ...(type !== 'any' && { type }), required: false, children: new Map() },
  ]);
  return new Map([...own, ...foreign]);
}

function optionNode(option: Option): HelpNode {
  const inner = 'table' in option ? option.table : undefined;
  const type = docType(option);
  const shown = defaultText(option);
  return {
    data: option.help,
    ...(type !== undefined && { type }),
    required: option.required ?? false,
    ...(shown !== undefined && { default: shown }),
    ...(option.since !== undefined && { since: option.since }),
    ...(option.aliases !== undefined && { aliases: option.aliases }),
    ...(option.status !== 'honoured' && { note: `no effect yet: ${option.status.later}` }),
    ...(option.example !== undefined && { example: option.example }),
    children: inner === undefined ? new Map() : children(inner),
  };
}

/** The default as it would be written in a configuration. */
function defaultText(option: Option): string | undefined {
  if (option.defaultText !== undefined) return option.defaultText;
  const value = 'default' in option ? option.default : undefined;
  if (option.kind === 'strictFlag' && value === undefined) return 'false';
  if (value === undefined || Array.isArray(value)) return undefined;
  return option.kind === 'time' ? `${Number(value) / 1000}s` : String(value);
}

/** Paths may leave out what can only mean the proxy: `rspamd_proxy.timeout`, `upstream.hosts`. */
const shortcuts = ['', 'workers.', 'workers.rspamd_proxy.'] as const;

/** The help for a dotted path; undefined where there is none. */
export function findHelp(root: HelpNode, path: string): HelpNode | undefined {
  for (const prefix of shortcuts) {
    const node = walkPath(root, `${prefix}${path}`.split('.'));
    if (node !== undefined) return node;
  }
  return undefined;
}

function walkPath(root: HelpNode, path: readonly string[]): HelpNode | undefined {
  return path.reduce<HelpNode | undefined>((node, name) => node?.children.get(name), root);
}

/**
 * Everything whose name or text has the word in it, by full path with a leading dot; what lies below a match comes with
 * it (rspamd: src/rspamadm/confighelp.c:rspamadm_confighelp_search_word_step).
 */
export function searchHelp(root: HelpNode, word: string): Map<string, HelpNode> {
  const found = new Map<string, HelpNode>();
  const wanted = word.toLowerCase();
  const search = (node: HelpNode, path: string): void => {
    for (const [name, child] of node.children) {
      const here = `${path}.${name}`;
      const matches = name.toLowerCase().includes(wanted) || child.data?.toLowerCase().includes(wanted) === true;
      if (matches) found.set(here, child);
      else search(child, here);
    }
  };
  search(root, '');
  return found;
}

/** The help that belongs to a key of the tree, where names of workers and upstreams stand between sections. */
export function helpForKey(root: HelpNode, path: readonly string[]): HelpNode | undefined {
  const [first, ...rest] = path;
  if (first !== 'worker') return walkPath(root, path);
  const [type, ...inside] = rest;
  if (type === undefined) return walkPath(root, path);
  const [section, name, ...below] = inside;
  const named = (section === 'upstream' || section === 'mirror') && name !== undefined;
  const proxy = ['workers', type, ...(named ? [section, ...below] : inside)];
  if (named && below.length === 0) return undefined;
  return walkPath(root, proxy) ?? walkPath(root, ['worker', ...inside]);
}
