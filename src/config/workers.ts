import { items, nearest, type Position, text, typeName, type UclEntry, type UclObject } from '../ucl/index.ts';
import type { Findings } from './finding.ts';
import { head, lookup } from './lookup.ts';

/** Worker types of the original, in its spelling; only `rspamd_proxy` is ours. */
const workerTypes = ['rspamd_proxy', 'normal', 'controller', 'fuzzy', 'hs_helper'] as const;
export type WorkerType = (typeof workerTypes)[number];

/** One worker of the tree, whatever shape it was written in. */
export interface WorkerSection {
  readonly type: WorkerType;
  readonly body: UclObject;
  /** Where the name of the type stands. */
  readonly at: Position;
}

/**
 * All workers of a tree in their order. Shapes: `worker "TYPE" { }`, `worker { TYPE { } TYPE { } }`,
 * `worker { type = "TYPE"; }`, each of them any number of times
 * (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_process_section).
 */
export function workerSections(root: UclObject, findings: Findings): WorkerSection[] {
  const entry = root.entries.get('worker');
  if (entry === undefined) return [];
  return items(entry.value).flatMap((section) => {
    if (section.type === 'object') return sectionsOf(section, entry, findings);
    findings.error(
      'object in section worker has invalid type',
      section.at,
      `write worker "rspamd_proxy" { .. }; this is ${typeName(section)}`,
    );
    return [];
  });
}

function sectionsOf(section: UclObject, entry: UclEntry, findings: Findings): WorkerSection[] {
  const children = [...section.entries.values()];
  const nested = children.every((child) => head(child.value).type === 'object');
  return nested ? children.flatMap((child) => nestedSection(child, findings)) : flatSection(section, entry, findings);
}

function nestedSection(child: UclEntry, findings: Findings): WorkerSection[] {
  const [first, ...others] = items(child.value);
  for (const other of others) {
    findings.warn(
      `a second ${child.key} section inside the same worker section is ignored`,
      other.at,
      `write it as a worker "${text(child.key)}" { } section of its own`,
    );
  }
  return first?.type === 'object' ? named(child.key, first, child.at, findings) : [];
}

function flatSection(section: UclObject, entry: UclEntry, findings: Findings): WorkerSection[] {
  const type = lookup(section, 'type');
  const at = section.entries.get('type')?.at ?? section.at;
  if (type === undefined) {
    findings.error(
      `required attribute 'type' is missing for section 'worker', current key: ${entry.key}`,
      section.at,
      'write worker "rspamd_proxy" { .. }, or a line type = "rspamd_proxy"; into it',
    );
    return [];
  }
  if (type.type !== 'string') {
    findings.error(
      'required attribute type is not a string for section worker',
      type.at,
      'write type = "rspamd_proxy"',
    );
    return [];
  }
  return named(type.value, section, at, findings);
}

function named(name: string, body: UclObject, at: Position, findings: Findings): WorkerSection[] {
  const type = workerTypes.find((one) => one === name);
  if (type !== undefined) return [{ type, body, at }];
  const meant =
    nearest(name, workerTypes) ?? workerTypes.find((one) => name !== '' && one.includes(name.toLowerCase()));
  findings.error(
    `unknown worker type: ${name}`,
    at,
    meant === undefined ? `worker types are ${workerTypes.join(', ')}` : `did you mean ${meant}?`,
  );
  return [];
}
