/** A benchmark: prints its figures; what `run` gives back is the exit status. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(args: readonly string[]): Promise<number>;
}

/** Loaded one by one: a benchmark measures with nothing else in its process. Some run as they are loaded. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench?: Bench }>>> = {
  config: () => import('./config.ts'),
  crypt: () => import('./crypt.ts'),
  'milter-session': () => import('./milter-session.ts'),
  lua: () => import('./lua/index.ts'),
  proxy: () => import('./proxy.ts'),
  regexp: () => import('./regexp.ts'),
  scan: () => import('./scan.ts'),
  upstreams: () => import('./upstreams.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (load === undefined) {
  console.error(`usage: npm run -s bench -- NAME [OPTIONS]; benchmarks: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  const { bench } = await load();
  if (bench !== undefined) process.exitCode = await bench.run(args);
}
