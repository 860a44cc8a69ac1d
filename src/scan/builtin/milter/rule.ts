import { get } from '../../../ucl/index.ts';
import { toText } from '../../message/index.ts';
import { textsOption } from '../../native/index.ts';
import type { Rule } from '../../rule.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import { isRoutineName, type RoutineName } from './options.ts';
import { routines } from './routines.ts';
import { type MilterSettings, readMilterSettings } from './settings.ts';

/** Fields that the MTA is to add and remove (rspamd: src/plugins/lua/milter_headers.lua). */
export function milterHeaders(context: RuleContext): Rule {
  const settings = readMilterSettings(context.section('milter_headers'), context.maps, context.problem);
  return {
    name: 'MILTER_HEADERS',
    stage: 'idempotent',
    symbols: {},
    flags: ['empty', 'explicitDisable', 'ignorePassthrough'],
    run: (task) => {
      const own = ownRoutines(task);
      for (const name of own ?? settings.use) {
        if (own !== undefined || name === 'remove-spam-flag' || isWanted(task, name, settings))
          routines[name]({ task, options: settings.options(name), order: settings.order, optionsOf: settings.options });
      }
    },
  };
}

/** What the settings of the message ask for in place of the configuration. */
function ownRoutines(task: Task): readonly RoutineName[] | undefined {
  const plugin = get(get(task.settings?.object, 'plugins'), 'milter_headers');
  return textsOption(plugin, 'routines')?.filter(isRoutineName);
}

function isWanted(task: Task, name: RoutineName, { skips, kept, extended }: MilterSettings): boolean {
  if (extended !== undefined && hasRecipient(task, extended)) return true;
  if (skips.local && task.isLocal && !kept.local.has(name)) return false;
  if (skips.authenticated && task.user !== undefined && !kept.authenticated.has(name)) return false;
  return !skips.all;
}

function hasRecipient(task: Task, isListed: (recipient: string) => boolean): boolean {
  return task.visible.recipients.some(({ addr, user, domain }) =>
    [addr, user, `@${domain}`].some((name) => isListed(toText(name))),
  );
}
