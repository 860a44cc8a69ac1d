import { Lua } from '../../src/lua/index.ts';

/** Milliseconds that a fresh state takes, the first of a process and later ones. */
export function startUp(): Readonly<Record<string, number>> {
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now();
    new Lua().run('return 1', '=start');
    return performance.now() - start;
  });
  const [first = 0, ...rest] = times;
  const typical = rest.sort((a, b) => a - b)[rest.length >> 1] ?? 0;
  return { 'fresh state, first ms': Number(first.toFixed(2)), 'fresh state, warm ms': Number(typical.toFixed(2)) };
}
