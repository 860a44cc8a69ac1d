import { hostname } from 'node:os';
import { type Loaded, type LoadOptions, loadFile, loadText, type Source, type UclObject } from '../ucl/index.ts';
import type { Finding } from './finding.ts';
import { type Location, locate } from './locate.ts';
import { embeddedTree, singleWorkerTree } from './stock.ts';
import { makeWorld, toBytes } from './variables.ts';

export interface TreeOptions {
  /** Main file (`-c`). */
  readonly file?: string;
  /** A `worker-proxy.inc` to be used on its own, instead of a main file. */
  readonly workerFile?: string;
  /** The embedded configuration, whatever the machine has. */
  readonly embedded?: boolean;
  /** `--var NAME=VALUE` */
  readonly vars?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** No template pass (`-T`). */
  readonly skipTemplate?: boolean;
  /** Names for templates that win over all others. Strings are byte strings. */
  readonly templateEnv?: ReadonlyMap<string, unknown>;
  readonly hostname?: string;
}

/** A configuration tree as it was read, not yet judged by what its options mean. */
export interface ConfigTree {
  /** Undefined when there is an error among the findings. */
  readonly root: UclObject | undefined;
  readonly findings: readonly Finding[];
  readonly sources: readonly Source[];
  readonly location: Location;
  /** What was read, for people: a path, or what stands in for one. */
  readonly title: string;
  /** Folders by name, as templates see them; byte strings. */
  readonly paths: Readonly<Record<string, string>>;
}

const workerFileVariable = 'PROXY_WORKER_FILE';

/** Reads the configuration that the options name, with everything it includes. */
export function loadTree(options: TreeOptions): ConfigTree {
  const vars = (options.vars ?? []).map(([name, value]) => [toBytes(name), toBytes(value)] as const);
  const confdir = vars.findLast(([name]) => name.toUpperCase() === 'CONFDIR')?.[1];
  const located = locate(options.file, confdir === undefined ? undefined : Buffer.from(confdir, 'latin1').toString());
  const location: Location = options.embedded === true ? { ...located, file: undefined } : located;
  const world = makeWorld({
    confdir: toBytes(location.confdir),
    vars,
    env: options.env ?? {},
    hostname: toBytes(options.hostname ?? hostname()),
    ...(options.templateEnv !== undefined && { templateEnv: options.templateEnv }),
  });
  const loadOptions: LoadOptions = {
    variables: world.variables,
    // Maps are read while the program runs and reach no worker section.
    macros: new Map([['include_map', 'ignore']]),
    ...(options.skipTemplate !== true && { template: world.template }),
  };
  const about = { location, paths: Object.fromEntries(world.template.paths) };
  if (options.workerFile !== undefined) return singleWorker(options.workerFile, about, loadOptions);
  if (location.file === undefined) {
    const loaded = loadText(embeddedTree, { ...loadOptions, name: '<embedded configuration>' });
    return tree(loaded, { ...about, title: 'embedded configuration' });
  }
  return tree(loadFile(location.file, loadOptions), { ...about, title: location.file });
}

function singleWorker(file: string, about: Omit<About, 'title'>, options: LoadOptions): ConfigTree {
  const variables = [...(options.variables ?? []), [workerFileVariable, toBytes(file)] as const];
  const content = singleWorkerTree(workerFileVariable);
  const loaded = loadText(content, { ...options, variables, name: '<stock worker-proxy.inc>' });
  const title = `${file}, merged over the stock worker`;
  return tree(loaded, { ...about, location: { ...about.location, file }, title });
}

type About = Pick<ConfigTree, 'location' | 'title' | 'paths'>;

function tree(loaded: Loaded, about: About): ConfigTree {
  const failed = loaded.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  return {
    root: failed ? undefined : loaded.root,
    findings: loaded.diagnostics,
    sources: loaded.sources,
    ...about,
  };
}
