import { setFlagsFromString } from 'node:v8';
import { createContext, runInContext, runInNewContext } from 'node:vm';

let collector: (() => void) | undefined;

/**
 * Runs a full collection now. What WeakRefs have given out in this run stays alive until the run is over; a context
 * with a microtask queue of its own can say that it is.
 */
export function fullCollection(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const context = createContext({}, { microtaskMode: 'afterEvaluate' });
    collector = () => {
      runInContext('Promise.resolve().then(() => 0)', context);
      collect();
    };
  }
  collector();
}
