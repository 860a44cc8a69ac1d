import { get, type UclObject } from '../../../ucl/index.ts';
import { flagOption, type MapReader, numberOption, sectionOption, textsOption } from '../../native/index.ts';
import { isRoutineName, type RoutineName, RoutineOptions } from './options.ts';

/** Section `milter_headers` (rspamd: src/plugins/lua/milter_headers.lua). */
export interface MilterSettings {
  /** Of each message, in this order. */
  readonly use: readonly RoutineName[];
  /** Routines that are left out for clients of ours, and for those that authenticated. */
  readonly skips: { readonly local: boolean; readonly authenticated: boolean; readonly all: boolean };
  /** Routines that run for them in spite of that. */
  readonly kept: { readonly local: ReadonlySet<string>; readonly authenticated: ReadonlySet<string> };
  /** Recipients for whom nothing is left out: addresses, users, and `@domain`. */
  readonly extended: ((recipient: string) => boolean) | undefined;
  /** Position of a field that is added, where its routine has none of its own. */
  readonly order: number;
  readonly options: (routine: RoutineName) => RoutineOptions;
}

const extendedHeaders: readonly RoutineName[] = [
  'x-spamd-result',
  'x-rspamd-server',
  'x-rspamd-queue-id',
  'x-rspamd-action',
];

export function readMilterSettings(
  section: UclObject | undefined,
  maps: MapReader,
  problem: (text: string) => void,
): MilterSettings {
  const wanted = (textsOption(section, 'use') ?? []).filter((name) => {
    if (!isRoutineName(name)) problem(`milter_headers: there is no routine ${name}`);
    return isRoutineName(name);
  });
  const use: Iterable<string> = [
    ...(flagOption(section, 'extended_spam_headers') === true ? extendedHeaders : []),
    ...wanted,
    ...(flagOption(section, 'remove_upstream_spam_flag') === false ? [] : ['remove-spam-flag']),
  ];
  const given = sectionOption(section, 'routines');
  const recipients = get(section, 'extended_headers_rcpt');
  const names = recipients === undefined ? undefined : maps.names(recipients);
  return {
    use: [...new Set(use)].filter(isRoutineName),
    skips: {
      local: flagOption(section, 'skip_local') ?? true,
      authenticated: flagOption(section, 'skip_authenticated') ?? true,
      all: flagOption(section, 'skip_all') ?? false,
    },
    kept: {
      local: new Set(textsOption(section, 'local_headers')),
      authenticated: new Set(textsOption(section, 'authenticated_headers')),
    },
    extended: names,
    order: numberOption(section, 'default_headers_order') ?? -1,
    options: (routine) => new RoutineOptions(routine, sectionOption(given, routine)),
  };
}
