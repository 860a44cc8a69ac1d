/** Counts by name. */
export type Tally = Map<string, number>;

/**
 * Numbers that add up, where they arise or all of them together: plain data, which goes between threads and processes.
 * An array has the last values of something.
 */
export type Counts = { [name: string]: number | Tally | number[] };

/** Values that an array keeps (rspamd: src/rspamd.h, MAX_AVG_TIME_SLOTS). */
const recent = 31;

export function count(tally: Tally, name: string, by = 1): void {
  tally.set(name, (tally.get(name) ?? 0) + by);
}

export function addRecent(values: number[], ...more: readonly number[]): void {
  values.push(...more.slice(-recent));
  if (values.length > recent) values.splice(0, values.length - recent);
}

/** Adds the one to the other, whose names those of the first have to be. */
export function addCounts<T extends Counts>(to: T, more: T): void {
  const into: Counts = to;
  for (const [name, value] of Object.entries<Counts[string]>(more)) {
    const own = into[name];
    if (typeof value === 'number') into[name] = (own as number) + value;
    else if (Array.isArray(value)) addRecent(own as number[], ...value);
    else for (const [key, number] of value) count(own as Tally, key, number);
  }
}

/** What was counted since this was last asked; undefined for nothing. The counts begin anew, in the same object. */
export function takeCounts<T extends Counts>(counts: T): T | undefined {
  if (Object.values<Counts[string]>(counts).every(isNothing)) return undefined;
  const taken = copyCounts(counts);
  clearCounts(counts);
  return taken;
}

export function copyCounts<T extends Counts>(counts: T): T {
  return Object.fromEntries(
    Object.entries<Counts[string]>(counts).map(([name, value]) => {
      if (typeof value === 'number') return [name, value];
      return [name, Array.isArray(value) ? [...value] : new Map(value)];
    }),
  ) as T;
}

export function clearCounts(counts: Counts): void {
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === 'number') counts[name] = 0;
    else if (Array.isArray(value)) value.length = 0;
    else value.clear();
  }
}

function isNothing(value: Counts[string]): boolean {
  if (typeof value === 'number') return value === 0;
  return Array.isArray(value) ? value.length === 0 : value.size === 0;
}

/** As JSON has them. */
export function countsToJson(counts: Counts): object {
  return Object.fromEntries(
    Object.entries(counts).map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  );
}

/** Fills counts with those of a JSON value; what is of another shape is passed over. */
export function readCounts(counts: Counts, json: unknown): void {
  for (const [name, value] of members(json)) {
    const own = Object.hasOwn(counts, name) ? counts[name] : undefined;
    if (typeof own === 'number' && isCount(value)) counts[name] = value;
    else if (Array.isArray(own) && Array.isArray(value)) addRecent(own, ...value.filter(isCount));
    else if (own instanceof Map) for (const [key, number] of members(value)) if (isCount(number)) own.set(key, number);
  }
}

function members(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
