import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Configuration, isUsable } from '../../src/cli/configuration.ts';
import { text } from '../../src/ucl/index.ts';
import { readEntry, recorded, type Subject, subjects } from './configs/entry.ts';
import { Lab, loadRecorded, placesOf } from './configs/lab.ts';
import { difference, type Plain, plain } from './configs/plain.ts';
import type { Reporter, Suite } from './suite.ts';

/**
 * Configuration files with what Rspamd made of them: the same values, the same files refused with the same reason, the
 * same complaints about lines without effect.
 */
export const suite: Suite = {
  name: 'configs',
  defaultFolder: '../shared/corpus/configs',
  async run(folder, report) {
    let more = 0;
    const entries = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
    for (const { name } of entries) {
      const entry = readEntry(join(folder, name));
      for (const subject of subjects(entry, folder)) more += await runSubject(subject, folder, report);
      if (existsSync(join(folder, name, 'conf', 'rspamd.conf'))) await runStock(join(folder, name), report);
    }
    report.figure('warnings that Rspamd does not give', more);
  },
};

/** A way to load a subject, and the names of the files that say what comes of it. */
interface Way {
  readonly label: 'alone' | 'merged' | 'with variables';
  readonly infix: string;
}

const alone: Way = { label: 'alone', infix: '' };
const merged: Way = { label: 'merged', infix: '-merged' };
const withVars: Way = { label: 'with variables', infix: '-vars' };

async function runSubject(subject: Subject, corpus: string, report: Reporter): Promise<number> {
  // A rspamd.conf.local is nothing by itself: its record was made in the stock tree.
  const first = basename(subject.path) === 'rspamd.conf.local' ? { ...merged, infix: '' } : alone;
  let more = 0;
  for (const way of [first, merged, withVars]) {
    const isRecorded = ['.json', '-error.txt'].some(
      (end) => recorded(subject, `expected${way.infix}${end}`) !== undefined,
    );
    if (isRecorded) more += await runWay(subject, way, corpus, report);
  }
  return more;
}

async function runWay(subject: Subject, way: Way, corpus: string, report: Reporter): Promise<number> {
  const name = `${subject.name} ${way.label}`;
  const results: Result[] = [];
  for (const place of way.label === 'merged' ? placesOf(subject) : ['']) {
    const result = await tryPlace(subject, way, place, corpus);
    if (result === 'no stock tree') {
      report.skip(name, 'the folder has no stock tree to merge with');
      return 0;
    }
    results.push(result);
    if (result.problem === undefined) break;
  }
  const [first] = results;
  const good = results.find(({ problem }) => problem === undefined);
  if (good !== undefined) report.pass(name);
  else report.fail(name, first?.problem ?? 'nothing was tried');
  return good?.more ?? 0;
}

interface Result {
  readonly problem: string | undefined;
  /** Warnings beyond those recorded. */
  readonly more: number;
}

async function tryPlace(subject: Subject, way: Way, place: string, corpus: string): Promise<Result | 'no stock tree'> {
  const lab = new Lab(corpus);
  try {
    if (way.label === 'merged' && !lab.hasStock) return 'no stock tree';
    const file = way.label === 'merged' ? lab.merged(subject, place) : lab.alone(subject);
    const vars = way.label === 'with variables' ? subject.entry.vars : [];
    const complaints = recorded(subject, `expected${way.infix}-warnings.txt`) ?? '';
    const loaded = await loadRecorded(file, lab.confdir, subject.entry, vars, complaints);
    const own = loaded.findings.filter(({ severity }) => severity === 'warning').length;
    const more = Math.max(0, own - expectedComplaints(subject, way).length);
    return { problem: judge(subject, way, loaded, lab.confdir), more };
  } catch (error) {
    return { problem: error instanceof Error ? (error.stack ?? error.message) : String(error), more: 0 };
  } finally {
    lab.close();
  }
}

/** What is wrong; undefined when all is as recorded. */
function judge(subject: Subject, way: Way, loaded: Configuration, confdir: string): string | undefined {
  const refusal = recorded(subject, `expected${way.infix}-error.txt`);
  const errors = loaded.findings.filter(({ severity }) => severity === 'error').map(({ message }) => text(message));
  if (refusal !== undefined) return judgeRefusal(refusal.trim(), errors);
  if (!isUsable(loaded) || loaded.config === undefined) return `refused: ${errors.join('; ')}`;
  const tree = asRecorded(plain(loaded.config.tree), confdir) as Record<string, Plain>;
  const expected = JSON.parse(recorded(subject, `expected${way.infix}.json`) ?? 'null');
  return (
    difference(expected, recordedPart(subject, tree)) ??
    judgeRest(recorded(subject, `expected${way.infix}-rest.json`), tree) ??
    judgeComplaints(expectedComplaints(subject, way), loaded)
  );
}

function judgeRefusal(expected: string, errors: readonly string[]): string | undefined {
  if (errors.length === 0) return `accepted, but Rspamd says: ${expected}`;
  const reason = expected
    .replace(/^(?:failed to load config: )?(?:ucl parser error|rcl parse error|cannot init logger): /, '')
    .replace(/, error: Success$/, '');
  return errors.some((error) => error.includes(reason))
    ? undefined
    : `refused for ${errors.join('; ')} instead of ${reason}`;
}

function recordedPart(subject: Subject, tree: Record<string, Plain>): unknown {
  if (subject.section === 'top') return tree['worker'];
  if (subject.section !== 'worker-proxy') return tree[subject.section];
  return (tree['worker'] as Record<string, Plain> | undefined)?.['rspamd_proxy'];
}

/** Sections that Rspamd's Lua code makes or changes while loading. */
const luaMade: ReadonlySet<string> = new Set([
  'actions',
  'composites',
  'dkim',
  'emails',
  'group',
  'metric',
  'mx_check',
  'regexp',
  'surbl',
]);

function judgeRest(json: string | undefined, tree: Record<string, Plain>): string | undefined {
  if (json === undefined) return undefined;
  const expected = JSON.parse(json) as Record<string, unknown>;
  const names = new Set([...Object.keys(expected), ...Object.keys(tree)]);
  const compared = [...names].filter((name) => name !== 'worker' && !luaMade.has(name));
  return compared.map((name) => difference(expected[name], tree[name], name)).find((one) => one !== undefined);
}

/** Complaints that both programs make in the same words. */
const shared =
  /^(?:unknown worker attribute: .*; worker type: rspamd_proxy|logging type is not specified correctly.*|address resolution for .* failed at config time.*)$/;

function expectedComplaints(subject: Subject, way: Way): string[] {
  const lines = recorded(subject, `expected${way.infix}-warnings.txt`)?.split('\n') ?? [];
  return [...new Set(lines.filter((line) => shared.test(line)))].sort();
}

function judgeComplaints(expected: readonly string[], loaded: Configuration): string | undefined {
  const all = loaded.findings.map(({ message }) => text(message)).filter((message) => shared.test(message));
  return difference(expected, [...new Set(all)].sort(), 'complaints');
}

/** Paths below the throw-away CONFDIR as they were recorded, below /etc/rspamd. */
function asRecorded(value: Plain, confdir: string): Plain {
  if (typeof value === 'string') return value.replaceAll(confdir, '/etc/rspamd');
  if (Array.isArray(value)) return value.map((one) => asRecorded(one, confdir));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asRecorded(one, confdir)]));
}

/** A whole tree: every section that the parser alone makes. */
async function runStock(folder: string, report: Reporter): Promise<void> {
  const confdir = join(folder, 'conf');
  const loaded = await loadRecorded(join(confdir, 'rspamd.conf'), confdir, readEntry(folder), versionOf(folder));
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'latin1')) as Record<string, unknown>;
  const errors = loaded.findings.filter(({ severity }) => severity === 'error').map(({ message }) => text(message));
  const tree = loaded.config && (asRecorded(plain(loaded.config.tree), confdir) as Record<string, Plain>);
  for (const name of Object.keys(expected)) {
    const title = `${basename(folder)} ${name}`;
    if (tree === undefined || errors.length > 0) report.fail(title, `refused: ${errors.join('; ')}`);
    else if (luaMade.has(name)) continue;
    else {
      const problem = difference(withoutNeural(name, expected), withoutNeural(name, tree), name);
      if (problem === undefined) report.pass(title);
      else report.fail(title, problem);
    }
  }
}

/** A tree was dumped by the release that its folder is named after, `stock-3.4`. */
function versionOf(folder: string): Array<readonly [string, string]> {
  const [, version, major, minor] = /^stock-((\d+)\.(\d+)[\d.]*)$/.exec(basename(folder)) ?? [];
  if (version === undefined || major === undefined || minor === undefined) return [];
  return [
    ['VERSION', version],
    ['VERSION_MAJOR', major],
    ['VERSION_MINOR', minor],
    ['BRANCH_VERSION', major],
  ];
}

/** Lua code turns `check_all_filters` on when there is a `neural` section (rspamd: lualib/lua_cfg_transform.lua). */
function withoutNeural(name: string, tree: Readonly<Record<string, unknown>>): unknown {
  if (name !== 'options' || tree['neural'] === undefined) return tree[name];
  return { ...(tree['options'] as object), check_all_filters: undefined };
}
