import { Command } from 'commander';
import { findHelp, type HelpNode, helpTree, searchHelp } from '../config/index.ts';
import { type Io, wantsColor } from './io.ts';
import { adopt } from './options.ts';

export interface ConfighelpOptions {
  readonly json?: boolean;
  readonly compact?: boolean;
  readonly keyword?: boolean;
  readonly plugins?: string;
  /** `--no-color` makes it false. */
  readonly color?: boolean;
  readonly short?: boolean;
  /** `--no-examples` makes it false. */
  readonly examples?: boolean;
}

/** @returns the exit code: 1 when a path has no help */
export function confighelp(paths: readonly string[], options: ConfighelpOptions, io: Io): number {
  if (options.plugins !== undefined) {
    io.stderr.write(
      '--plugins: this proxy loads no Lua plugins and has no help for their options; use rspamadm confighelp\n',
    );
    return 1;
  }
  const root = helpTree();
  if (paths.length === 0) {
    show(root.children, 'Showing help for all options:', options, io);
    return 0;
  }
  let code = 0;
  for (const path of paths) {
    const found = options.keyword === true ? searchHelp(root, path) : exactly(root, path);
    if (found === undefined) {
      io.stderr.write(`Cannot find help for ${path}\n`);
      code = 1;
    } else show(found, `Showing help for ${options.keyword === true ? 'keyword ' : ''}${path}:`, options, io);
  }
  return code;
}

function exactly(root: HelpNode, path: string): Map<string, HelpNode> | undefined {
  const node = findHelp(root, path);
  return node === undefined ? undefined : new Map([[path, node]]);
}

function show(nodes: ReadonlyMap<string, HelpNode>, title: string, options: ConfighelpOptions, io: Io): void {
  if (options.json === true || options.compact === true) {
    const data = Object.fromEntries([...nodes].map(([name, node]) => [name, toJson(node)]));
    io.stdout.write(`${JSON.stringify(data, undefined, options.json === true ? 4 : undefined)}\n`);
    return;
  }
  const color = options.color !== false && wantsColor(io.stdout, io);
  const style: Style = { color, short: options.short === true, examples: options.examples !== false };
  const blocks = sorted(nodes).map(([name, node]) => `${renderNode(name, node, '', style).join('\n')}\n\n`);
  io.stdout.write(`${title}\n${blocks.join('')}`);
}

type Json = string | boolean | readonly string[] | { [key: string]: Json };

/** Attributes first, then the options inside; one that is called like an attribute gets a dot in front. */
function toJson(node: HelpNode): Json {
  const { children, ...attributes } = node;
  const inside = [...children].map(([name, child]) => [name in attributes ? `.${name}` : name, toJson(child)]);
  return { ...attributes, ...Object.fromEntries(inside) };
}

interface Style {
  readonly color: boolean;
  readonly short: boolean;
  readonly examples: boolean;
}

/** The order of rspamd: lualib/rspamadm/confighelp.lua: these names first, the others by the alphabet. */
const firstNames = [
  'options',
  'dns',
  'upstream',
  'logging',
  'metric',
  'composite',
  'classifier',
  'modules',
  'lua',
  'worker',
  'workers',
];

function sorted(nodes: ReadonlyMap<string, HelpNode>): Array<[string, HelpNode]> {
  const rank = (name: string): number => {
    const index = firstNames.indexOf(name);
    return index < 0 ? firstNames.length : index;
  };
  return [...nodes].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function renderNode(name: string, node: HelpNode, tabs: string, style: Style): string[] {
  const shown = style.color ? `\x1b[37m${name}\x1b[0m` : name;
  const below = sorted(node.children).flatMap(([key, child]) => renderNode(key, child, `${tabs}\t`, style));
  return [
    `${tabs}Configuration element: ${shown}`,
    ...(style.short ? [] : attributeLines(node, tabs, style)),
    ...below,
  ];
}

function attributeLines(node: HelpNode, tabs: string, style: Style): string[] {
  const lines: Array<readonly [string, string | undefined]> = [
    ['Description', node.data],
    ['Type', node.type],
    ['Required', node.required === undefined ? undefined : String(node.required)],
    ['Default', node.default],
    ['Since', node.since],
    ['Other names', node.aliases?.join(', ')],
    ['Note', node.note],
  ];
  const attributes = lines.flatMap(([label, value]) => (value === undefined ? [] : [`${tabs}\t${label}: ${value}`]));
  const example = style.examples && node.example !== undefined ? [`${tabs}\tExample:`, node.example] : [];
  return [...attributes, ...example, ...(node.type === 'object' ? [''] : [])];
}

export function confighelpCommand(io: Io): Command {
  const command = new Command('confighelp')
    .description('explain the options of the configuration, with their types and defaults')
    .argument(
      '[path...]',
      'options or sections, for instance workers.rspamd_proxy or upstream.hosts; everything without one',
    )
    .option('-j, --json', 'as JSON')
    .option('-c, --compact', 'as JSON in one line')
    .option('-k, --keyword', 'search names and explanations for a word')
    .option('-P, --plugins <dir>', 'plugin folder of rspamadm; there are no plugins here')
    .option('--no-color', 'no colours, even on a terminal')
    .option('--short', 'names only')
    .option('--no-examples', 'no examples')
    .action((paths: string[], options: ConfighelpOptions) => io.setExitCode(confighelp(paths, options, io)));
  return adopt(command, io);
}
