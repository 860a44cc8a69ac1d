import type { Logger } from '../../../message/log.ts';
import type { Rule } from '../../rule.ts';
import type { Bayes } from './bayes.ts';
import { confidence } from './classify.ts';

/** A probability so near to one half says nothing (rspamd: src/libstat/classifiers/bayes.c). */
const undecided = 0.05;

export function bayesRule(bayes: Bayes, logger: Logger): Rule {
  const { spam, ham } = bayes.settings.symbols;
  const groups = ['statistics'];
  return {
    name: 'BAYES',
    stage: 'classifier',
    flags: ['nostat'],
    symbols: {
      [spam]: { score: 5.1, description: 'Words are those of spam', groups, oneShot: true },
      [ham]: { score: -3, description: 'Words are those of ham', groups, oneShot: true },
    },
    learned: () => bayes.learned(),
    run: async (task) => {
      const result = await bayes.classify(task);
      if ('skipped' in result) {
        if (logger.enabled('debug', 'bayes'))
          logger.log('debug', 'bayes', 'bayes_classify', task.id, `not classified: ${result.skipped}`);
        return;
      }
      const { probability } = result;
      if (Math.abs(probability - 0.5) <= undecided) return;
      const sure = Math.max(probability, 1 - probability);
      const option = `${((sure - 0.5) * 200).toFixed(2)}%`;
      task.insert(probability > 0.5 ? spam : ham, confidence(sure), [option]);
    },
  };
}
