import { items, type Position, text, typeName, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';
import type { Findings } from './finding.ts';
import { firstEntry, head, lookup, walk } from './lookup.ts';
import { knownNames, type Settings, type Table } from './option.ts';
import { noticeOption, type ReadOptions, readSection, reportStrangers } from './section.ts';
import { mirrorTable, tokenBucketTable, upstreamTable } from './tables/upstream.ts';
import { proxyTable, workerTable } from './tables/worker.ts';
import type { HostsString, Mirror, Upstream } from './types.ts';

/** What an upstream or mirror takes over from its worker: the values that stand before the block. */
export interface Inherited {
  readonly timeout: number;
  readonly log_tag: 'session' | 'queue_id' | 'none';
}

/** An `upstream` or `mirror` block with its name. */
interface Block {
  readonly name: string;
  readonly body: UclObject;
  readonly at: Position;
}

export interface Targets<T> {
  readonly list: readonly T[];
  readonly disabled: readonly string[];
}

type Word = 'upstream' | 'mirror';

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
  if (used.length > 0) noticeOption(proxyTable.options.mirror, 'mirror', entry.at, findings);
  return {
    list: used.map((block) => readMirror(block, inherited, findings, { quiet: true })),
    disabled: off.map((block) => block.name),
  };
}

function reportIgnoredBlock(ignored: UclValue, first: UclValue | undefined, findings: Findings): void {
  const name = nameInside(ignored);
  const kept = first === undefined ? undefined : nameInside(first);
  findings.warn(
    `${name === undefined ? 'this upstream' : `upstream ${name}`} is ignored: of several upstream blocks side by side in one file only the first counts`,
    nameAt(ignored),
    `put them into one block: upstream { ${text(kept ?? 'first')} { .. } ${text(name ?? 'second')} { .. } }`,
  );
}

function nameInside(value: UclValue): string | undefined {
  if (value.type !== 'object') return undefined;
  const name = lookup(value, 'name');
  if (name?.type === 'string') return name.value;
  return [...value.entries.values()].find((entry) => head(entry.value).type === 'object')?.key;
}

function nameAt(value: UclValue): Position {
  const [only] = value.type === 'object' ? value.entries.values() : [];
  return only === undefined ? value.at : only.at;
}

/** A block with a `name` is one target; without one, each of its children is (and its key the name). */
function namedBlocks(value: UclValue, entry: UclEntry, word: Word, findings: Findings): Block[] {
  if (value.type === 'null') {
    findings.error(
      `${word} option must be an object`,
      value.at,
      `leave the line out, or write ${word} "NAME" { enabled = false; }`,
    );
    return [];
  }
  if (value.type !== 'object') {
    findings.warn(
      `${entry.key} has no effect: it is ${typeName(value)}, not an object`,
      value.at,
      `write ${word} "NAME" { .. }`,
    );
    return [];
  }
  const name = lookup(value, 'name');
  if (name !== undefined) return ownName(name, value, word, findings);
  if (entry.key !== word) return [{ name: entry.key, body: value, at: entry.at }];
  return children(value, word, findings);
}

function ownName(name: UclValue, body: UclObject, word: Word, findings: Findings): Block[] {
  // Anything else crashes the original.
  if (name.type === 'string') return [{ name: name.value, body, at: body.at }];
  findings.error(`the name of this ${word} must be a string, not ${typeName(name)}`, name.at, 'put it into quotes');
  return [];
}

function children(value: UclObject, word: Word, findings: Findings): Block[] {
  const table: Table = word === 'upstream' ? upstreamTable : mirrorTable;
  const options = new Set(knownNames(table));
  const entries = [...value.entries.values()];
  const stray = entries.find((child) => options.has(child.key) && head(child.value).type !== 'object');
  if (stray !== undefined) {
    findings.warn(
      `this ${word} has no name, so its options have no effect`,
      stray.at,
      `write ${word} "NAME" { .. }, or name = "NAME"; inside`,
    );
  }
  return entries.flatMap((child) => {
    const [first, ...others] = items(child.value);
    for (const other of others) {
      findings.warn(`a second ${child.key} inside the same ${word} block is ignored`, other.at, 'give it another name');
    }
    if (first === undefined || (stray !== undefined && first.type !== 'object')) return [];
    return namedBlocks(first, child, word, findings);
  });
}

/** rspamd: src/libserver/cfg_utils.cxx:rspamd_config_is_enabled_from_ucl; what is neither on nor off counts as off. */
function isEnabled(body: UclObject, findings: Findings): boolean {
  const enabled = flagWord(lookup(body, 'enabled'), 'enabled', findings);
  if (enabled === false || enabled === 'bad') return false;
  // A string that says yes does not end the search: `disabled` is still looked at; a boolean does.
  if (enabled === true && lookup(body, 'enabled')?.type === 'boolean') return true;
  const disabled = flagWord(lookup(body, 'disabled'), 'disabled', findings);
  return disabled === undefined || disabled === false;
}

const words: ReadonlyMap<string, boolean> = new Map([
  ...['y', '1', 'on', 'yes', 'true'].map((word) => [word, true] as const),
  ...['n', '0', 'no', 'off', 'false'].map((word) => [word, false] as const),
]);

function flagWord(value: UclValue | undefined, key: string, findings: Findings): boolean | 'bad' | undefined {
  if (value?.type === 'boolean') return value.value;
  if (value?.type !== 'string') return undefined;
  const meaning = words.get(value.value.toLowerCase());
  if (meaning === undefined)
    findings.warn(`wrong value for ${key}: the block is switched off`, value.at, 'write true or false');
  return meaning ?? 'bad';
}

function readUpstream(block: Block, inherited: Inherited, findings: Findings): Upstream {
  reportMisplaced(block, upstreamTable, findings);
  const settings = readSection(upstreamTable, [block.body], findings);
  const hosts = readHosts(block, 'upstream', !settings.self_scan, findings);
  return {
    ...settings,
    ...target(block, hosts, settings, inherited),
    default: block.body.entries.has('default') ? settings.default : settings.self_scan,
    extra_headers: readHeaders(block.body, findings),
    token_bucket: readTokenBucket(block.body, hosts, findings),
  };
}

function readMirror(block: Block, inherited: Inherited, findings: Findings, options: ReadOptions): Mirror {
  reportMisplaced(block, mirrorTable, findings);
  const settings = readSection(mirrorTable, [block.body], findings, options);
  return { ...settings, ...target(block, readHosts(block, 'mirror', true, findings), settings, inherited) };
}

function target(
  block: Block,
  hosts: readonly HostsString[],
  own: Pick<Settings<typeof mirrorTable>, 'timeout' | 'log_tag'>,
  inherited: Inherited,
): Pick<Mirror, 'name' | 'at' | 'hosts' | 'timeout' | 'log_tag'> {
  return {
    name: block.name,
    at: block.at,
    hosts,
    timeout: own.timeout ?? inherited.timeout,
    log_tag: own.log_tag ?? inherited.log_tag,
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
