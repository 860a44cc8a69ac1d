import { readFileSync, statSync } from 'node:fs';
import type { Parse } from '../backends/index.ts';
import { type Chunk, lineOfChunk, type ProxyConfig, type ProxyWorker } from '../config/index.ts';
import type { Logger } from '../message/log.ts';
import { CompareScripts, inlineChunk, ParserScripts, type Script } from '../scripts/index.ts';
import { lineAndColumn, text, type UclEntry, type UclObject, type UclValue } from '../ucl/index.ts';

/** The scripts of a worker, but for those of its targets. */
export interface ScriptsSpec {
  readonly compare: readonly Script[];
  /** Milliseconds that a script may take for one message. */
  readonly timeout: number;
  /** Folders by name (`LUALIBDIR`), byte strings. */
  readonly paths: Readonly<Record<string, string>>;
  readonly debugModules: readonly string[];
  /** What they see of the configuration; undefined where there are none. */
  readonly config: UclObject | undefined;
}

/** @throws Error when the file of a script cannot be read */
export function scriptsSpec(config: ProxyConfig, worker: ProxyWorker): ScriptsSpec {
  const parsers = [...worker.upstreams, ...worker.mirrors].filter(({ parser }) => parser !== undefined);
  const any = worker.script.length + parsers.length > 0;
  return {
    compare: worker.script.map(compareScript),
    timeout: worker.script_timeout,
    paths: config.paths,
    debugModules: config.logging.debug_modules.map((name) => name.toLowerCase()),
    config: any ? shownConfig(config) : undefined,
  };
}

const nowhere = { source: { name: '<configuration>', text: '', includedFrom: undefined }, offset: 0 };

/** The tree without the texts that it was read from: it goes from process to process. */
export function shownConfig({ tree }: ProxyConfig): UclObject {
  return bareObject(tree);
}

function bareObject(object: UclObject): UclObject {
  const entries = [...object.entries].map(([name, { key, value }]): [string, UclEntry] => {
    return [name, { key, at: nowhere, value: bare(value) }];
  });
  return { ...object, at: nowhere, entries: new Map(entries) };
}

function bare(value: UclValue): UclValue {
  if (value.type === 'object') return bareObject(value);
  if (value.type === 'array') return { ...value, at: nowhere, items: value.items.map(bare) };
  return { ...value, at: nowhere };
}

/**
 * A chunk that names a file that exists stands for what is in it (rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_script).
 * The file is read here and now: a worker that is started later runs what was checked.
 *
 * @throws Error when the file cannot be read
 */
export function compareScript(chunk: Chunk): Script {
  const path = Buffer.from(chunk.text, 'latin1');
  if (!exists(path)) return inlineScript('compare', chunk);
  return { kind: 'compare', name: text(chunk.text), chunk: `@${chunk.text}`, text: readFileSync(path, 'latin1') };
}

/** A script may be longer than any path, or hold what none can. */
function exists(path: Buffer): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

export function inlineScript(kind: Script['kind'], chunk: Chunk): Script {
  const first = lineOfChunk(chunk, 1);
  const name = `${text(first.source.name)}:${lineAndColumn(first).line}`;
  return { kind, name, chunk: inlineChunk, text: chunk.text };
}

/** Targets whose answers a script may read. */
type Scripted = ReadonlyArray<{ readonly parser: Script | undefined }>;

/** Runs the scripts of a worker. */
export class WorkerScripts {
  /** Present where there are compare scripts. */
  readonly compare: CompareScripts | undefined;
  /** Those of upstreams have a thread of their own: no mail waits for the scripts of a mirror. */
  readonly #upstreams: Parsers | undefined;
  readonly #mirrors: Parsers | undefined;

  constructor(spec: ScriptsSpec, targets: { upstreams: Scripted; mirrors: Scripted }, logger: Logger) {
    const { timeout, paths, config, debugModules } = spec;
    const common = { timeout, paths, config, debugModules, logger };
    if (spec.compare.length > 0) this.compare = new CompareScripts({ ...common, scripts: spec.compare });
    this.#upstreams = parsersOf(targets.upstreams, { ...common, background: false });
    this.#mirrors = parsersOf(targets.mirrors, { ...common, background: true });
  }

  /** Resolves when all have been loaded. */
  get ready(): Promise<unknown> {
    return Promise.all(this.#all.map(({ ready }) => ready));
  }

  /** Reads answers of an upstream or mirror; undefined where it has no script. */
  parse({ parser }: { readonly parser: Script | undefined }): Parse | undefined {
    if (parser === undefined) return undefined;
    const of = [this.#upstreams, this.#mirrors].find((one) => one?.list.includes(parser));
    const number = of?.list.indexOf(parser) ?? -1;
    return of && ((body, sessionId) => of.scripts.parse(number, body, sessionId));
  }

  /** Whether a thread hangs in a call to the system: the process cannot end by itself then. */
  get hang(): boolean {
    return this.#all.some(({ hangs }) => hangs);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.close()));
  }

  get #all(): Array<CompareScripts | ParserScripts> {
    return [this.compare, this.#upstreams?.scripts, this.#mirrors?.scripts].filter((one) => one !== undefined);
  }
}

interface Parsers {
  readonly list: readonly Script[];
  readonly scripts: ParserScripts;
}

function parsersOf(
  targets: Scripted,
  common: Omit<ConstructorParameters<typeof ParserScripts>[0], 'scripts'>,
): Parsers | undefined {
  const list = targets.map(({ parser }) => parser).filter((one) => one !== undefined);
  return list.length === 0 ? undefined : { list, scripts: new ParserScripts({ ...common, scripts: list }) };
}
