import { items, text, typeName, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';
import { type Block, isEnabled, namedBlocks, reportIgnoredBlock, type Word } from './blocks.ts';
import type { Findings } from './finding.ts';
import { noticeOption } from './given.ts';
import { firstEntry, head, lookup, walk } from './lookup.ts';
import { knownNames, type Settings, type Table } from './option.ts';
import { readSection, reportStrangers } from './section.ts';
import { mirrorTable, tokenBucketTable, upstreamTable } from './tables/upstream.ts';
import { proxyTable, workerTable } from './tables/worker.ts';
import type { HostsString, Mirror, Upstream } from './types.ts';

/** What an upstream or mirror takes over from its worker: the values that stand before the block. */
export interface Inherited {
  readonly timeout: number;
  readonly log_tag: 'session' | 'queue_id' | 'none';
}

export interface Targets<T> {
  readonly list: readonly T[];
  readonly disabled: readonly string[];
}

/**
 * The upstreams of a worker. Of several `upstream` blocks side by side the original uses the first and says nothing;
 * so do we, but say so (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_upstream).
 */
export function readUpstreams(
  entry: UclEntry | undefined,
  inherited: Inherited,
  findings: Findings,
): Targets<Upstream> {
  if (entry === undefined) return { list: [], disabled: [] };
  const [first, ...others] = items(entry.value);
  for (const other of others) reportIgnoredBlock(other, first, findings);
  const blocks = first === undefined ? [] : namedBlocks(first, entry, 'upstream', findings);
  const disabled: string[] = [];
  const found = new Map<string, Upstream>();
  for (const block of blocks) {
    if (!isEnabled(block.body, findings)) {
      disabled.push(block.name);
      continue;
    }
    const upstream = readUpstream(block, inherited, findings);
    const key = upstream.name.toLowerCase();
    if (found.has(key)) findings.warn(`upstream ${block.name} is defined twice: the later one counts`, block.at);
    found.set(key, upstream);
  }
  return { list: withOneDefault([...found.values()]), disabled };
}

/** The last upstream that is a default is the one. */
function withOneDefault(upstreams: readonly Upstream[]): Upstream[] {
  const last = upstreams.findLastIndex((upstream) => upstream.default);
  return upstreams.map((upstream, index) =>
    upstream.default === (index === last) ? upstream : { ...upstream, default: false },
  );
}

export function readMirrors(entry: UclEntry | undefined, inherited: Inherited, findings: Findings): Targets<Mirror> {
  if (entry === undefined) return { list: [], disabled: [] };
  const blocks = items(entry.value).flatMap((value) => namedBlocks(value, entry, 'mirror', findings));
  const used = blocks.filter((block) => isEnabled(block.body, findings));
  const off = blocks.filter((block) => !used.includes(block));
  return {
    list: used.map((block) => readMirror(block, inherited, findings)),
    disabled: off.map((block) => block.name),
  };
}

function readUpstream(block: Block, inherited: Inherited, findings: Findings): Upstream {
  reportMisplaced(block, upstreamTable, findings);
  const settings = readSection(upstreamTable, [block.body], findings);
  const hosts = readHosts(block, 'upstream', !settings.self_scan, findings);
  if (settings.self_scan && settings.parser !== undefined) {
    findings.warn('parser has no effect: an upstream with self_scan gets no answers to read', settings.parser.at);
  }
  return {
    ...settings,
    ...target(block, hosts, settings, inherited, findings),
    default: block.body.entries.has('default') ? settings.default : settings.self_scan,
    token_bucket: readTokenBucket(block.body, hosts, findings),
  };
}

function readMirror(block: Block, inherited: Inherited, findings: Findings): Mirror {
  reportMisplaced(block, mirrorTable, findings);
  const settings = readSection(mirrorTable, [block.body], findings);
  const hosts = readHosts(block, 'mirror', true, findings);
  return { ...settings, ...target(block, hosts, settings, inherited, findings) };
}

function target(
  block: Block,
  hosts: readonly HostsString[],
  own: Pick<Settings<typeof mirrorTable>, 'timeout' | 'log_tag'>,
  inherited: Inherited,
  findings: Findings,
): Pick<Mirror, 'name' | 'at' | 'hosts' | 'timeout' | 'log_tag' | 'extra_headers'> {
  return {
    name: block.name,
    at: block.at,
    hosts,
    timeout: own.timeout ?? inherited.timeout,
    log_tag: own.log_tag ?? inherited.log_tag,
    extra_headers: readHeaders(block.body, findings),
  };
}

/** Names that people write for something an upstream calls otherwise. */
const misnomers: Readonly<Record<string, string>> = {
  encryption: 'key = "PUBLIC KEY OF THE SCANNER"; encrypts the connection',
  encryption_key: 'key = "PUBLIC KEY OF THE SCANNER"; encrypts the connection',
  pubkey: 'the public key of the scanner is called key',
  servers: 'they are called hosts',
  tls: 'it is called ssl',
};

/** Every name an upstream does not know is without effect, and most of them were meant to do something. */
function reportMisplaced(block: Block, table: Table, findings: Findings): void {
  const worker = new Set([...knownNames(proxyTable), ...knownNames(workerTable)]);
  const other = table === upstreamTable ? mirrorTable : upstreamTable;
  const elsewhere = new Set(knownNames(other));
  reportStrangers(table, block.body, findings, 'all', (key) => {
    if (worker.has(key)) return `${key} belongs into the worker section, outside of this block`;
    if (elsewhere.has(key)) return `${key} is known in ${table === upstreamTable ? 'mirror' : 'upstream'} only`;
    return Object.hasOwn(misnomers, key) ? misnomers[key] : undefined;
  });
}

/**
 * The strings of `hosts`; strings side by side, in an array or in an object are all read
 * (rspamd: src/libutil/upstream.c:rspamd_upstreams_from_ucl).
 */
function readHosts(block: Block, word: Word, required: boolean, findings: Findings): HostsString[] {
  const entry = block.body.entries.get('hosts');
  if (entry === undefined) {
    if (required) {
      const selfScan = word === 'upstream' ? ', or self_scan = yes; to scan in this process' : '';
      findings.error(
        `${word} option must have some hosts definition`,
        block.at,
        `write hosts = "HOST:PORT"; into ${text(block.name)}${selfScan}`,
      );
    }
    return [];
  }
  const found: HostsString[] = [];
  for (const item of walk(entry.value)) {
    if (item.type === 'string') found.push({ value: item.value, at: item.at });
    else findings.warn(`a host must be a string, this ${typeName(item)} is passed over`, item.at, 'put it into quotes');
  }
  if (!found.some(({ value }) => /[^;, \n\r\t]/.test(value))) {
    findings.error(`${word} has bad hosts definition`, entry.at, 'no host is named');
  }
  return found;
}

/** Values as the original prints them into headers (libucl: ucl_util.c:ucl_object_tostring_forced). */
function readHeaders(body: UclObject, findings: Findings): Array<readonly [string, string]> {
  const value = lookup(body, 'extra_headers');
  if (value === undefined) return [];
  if (value.type !== 'object') {
    findings.warn(
      'extra_headers has no effect: it must be an object',
      value.at,
      'write extra_headers { "NAME" = "VALUE"; }',
    );
    return [];
  }
  return [...value.entries.values()].flatMap(({ key, value: header }) => {
    const content = headerText(head(header));
    if (content !== undefined && !/[\r\n\0]/.test(content)) return [[key, content] as const];
    findings.warn(`the extra header ${key} is left out: its value must be one line of text`, header.at);
    return [];
  });
}

function headerText(value: UclValue): string | undefined {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'int':
    case 'float':
    case 'time':
    case 'boolean':
      return String(value.value);
    default:
      return undefined;
  }
}

function readTokenBucket(body: UclObject, hosts: readonly HostsString[], findings: Findings): Upstream['token_bucket'] {
  const entry = firstEntry(body, ['token_bucket']);
  const value = entry === undefined ? undefined : head(entry.value);
  if (entry === undefined || value === undefined || hosts.length === 0) return undefined;
  if (value.type !== 'object') {
    findings.warn('token_bucket has no effect: it must be an object', value.at);
    return undefined;
  }
  reportStrangers(tokenBucketTable, value, findings, 'all');
  const settings = readSection(tokenBucketTable, [value], findings);
  // With one host there is nothing to choose: the stock configuration has a bucket and one host.
  if (countHosts(hosts) > 1) noticeOption(upstreamTable.options.token_bucket, 'token_bucket', entry.at, findings);
  return limited(settings, value, findings);
}

function limited(
  settings: Settings<typeof tokenBucketTable>,
  at: UclObject,
  findings: Findings,
): Settings<typeof tokenBucketTable> {
  const { max_tokens: max } = settings;
  if (settings.min_tokens > max) findings.warn(`min_tokens is larger than max_tokens: ${max} is used`, at.at);
  if (settings.base_cost >= max)
    findings.warn(`base_cost is not smaller than max_tokens: ${Math.floor(max / 2)} is used`, at.at);
  return {
    ...settings,
    min_tokens: Math.min(settings.min_tokens, max),
    base_cost: settings.base_cost >= max ? Math.floor(max / 2) : settings.base_cost,
  };
}

function countHosts(hosts: readonly HostsString[]): number {
  return hosts.flatMap(({ value }) => value.split(/[;, \n\r\t]+/).filter((item) => item !== '')).length;
}
