import { first, get, type UclObject, type UclValue } from '../../../ucl/index.ts';
import { flagOption, numberOption, pairsOf, sectionOption, textsOption } from '../../native/index.ts';

/** What each routine writes and how, where the operator does not say; `remove` is which older ones go away. */
const stockRoutines = {
  'remove-headers': {},
  'add-headers': { remove: 0 },
  'remove-header': { remove: 0 },
  'x-spamd-result': { header: 'X-Spamd-Result', remove: 0 },
  'x-rspamd-server': { header: 'X-Rspamd-Server', remove: 0 },
  'x-rspamd-queue-id': { header: 'X-Rspamd-Queue-Id', remove: 0 },
  'x-rspamd-pre-result': { header: 'X-Rspamd-Pre-Result', remove: 0 },
  'x-rspamd-action': { header: 'X-Rspamd-Action', remove: 0 },
  'remove-spam-flag': { header: 'X-Spam' },
  'spam-header': { header: 'Deliver-To', value: 'Junk', remove: 0 },
  'x-virus': { header: 'X-Virus', remove: 0 },
  'x-spamd-bar': { header: 'X-Spamd-Bar', positive: '+', negative: '-', neutral: '/', remove: 0 },
  'x-spam-level': { header: 'X-Spam-Level', char: '*', remove: 0 },
  'x-spam-status': { header: 'X-Spam-Status', remove: 0 },
  'authentication-results': { header: 'Authentication-Results', remove: 0 },
  'fuzzy-hashes': { header: 'X-Rspamd-Fuzzy' },
} as const;

export type RoutineName = keyof typeof stockRoutines;

export function isRoutineName(name: string): name is RoutineName {
  return Object.hasOwn(stockRoutines, name);
}

/** Of one routine: what the operator says, else what is usual. */
export class RoutineOptions {
  readonly #given: UclObject | undefined;
  readonly #stock: Readonly<Record<string, string | number>>;

  constructor(routine: RoutineName, given: UclObject | undefined) {
    this.#given = given;
    this.#stock = stockRoutines[routine];
  }

  text(name: string): string | undefined {
    const value = first(get(this.#given, name));
    if (value?.type === 'string') return value.value;
    const stock = this.#stock[name];
    return typeof stock === 'string' ? stock : undefined;
  }

  number(name: string): number | undefined {
    const stock = this.#stock[name];
    return numberOption(this.#given, name) ?? (typeof stock === 'number' ? stock : undefined);
  }

  flag(name: string): boolean | undefined {
    return flagOption(this.#given, name);
  }

  texts(name: string): readonly string[] {
    return textsOption(this.#given, name) ?? [];
  }

  pairs(name: string): ReadonlyArray<readonly [name: string, value: UclValue]> {
    return pairsOf(sectionOption(this.#given, name));
  }

  value(name: string): UclValue | undefined {
    return get(this.#given, name);
  }
}
