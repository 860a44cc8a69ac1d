import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { Headers } from '../message/headers.ts';
import { type Learned, Learner, type StatClass, scanSpec } from '../scan/index.ts';
import { fileProblem } from './file-problem.ts';
import type { Io } from './io.ts';
import { localWork } from './local-work.ts';
import { addTreeOptions, adopt, type TreeFlags, treeFlags } from './options.ts';
import { Progress } from './progress.ts';

export interface LearnOptions extends TreeFlags {
  /** Whose statistics they are, where those are kept for each user. */
  readonly rcpt?: string;
}

/**
 * Teaches statistics what the messages of files and folders are.
 * @returns the exit code: 0 where every file was learned, or had been
 */
export async function learn(as: StatClass, names: readonly string[], options: LearnOptions, io: Io): Promise<number> {
  const work = await localWork(names, options, io);
  if (work === undefined) return 1;
  const learner = await Learner.of(scanSpec(work.config), (text) => io.stderr.write(`${text}\n`));
  if (learner === undefined) {
    io.stderr.write('the classifier of the configuration is switched off\n');
    return 1;
  }
  const headers = new Headers(options.rcpt === undefined ? [] : ['Rcpt', options.rcpt]);
  const counts = new Map<Learned, number>();
  const progress = new Progress(io.stderr, work.files.length);
  let failed = 0;
  for (const file of work.files) {
    try {
      const outcome = await learner.learn(readFileSync(file === '-' ? 0 : file), headers, as);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    } catch (cause) {
      failed++;
      progress.end();
      io.stderr.write(`${file}: ${fileProblem(cause)}\n`);
    }
    progress.step();
  }
  progress.end();
  await learner.close();
  const told = [...counts].map(([outcome, count]) => `${count} ${wording[outcome]}`);
  io.stdout.write(`${as}: ${[...told, ...(failed > 0 ? [`${failed} failed`] : [])].join(', ')}\n`);
  return failed === 0 ? 0 : 1;
}

const wording: Readonly<Record<Learned, string>> = {
  learned: 'learned',
  relearned: 'learned anew, they had been the other kind',
  known: 'known already',
  empty: 'without words',
};

function statClass(text: string): StatClass {
  if (text !== 'spam' && text !== 'ham') throw new InvalidArgumentError('it is spam or ham.');
  return text;
}

export function learnCommand(io: Io): Command {
  const command = addTreeOptions(new Command('learn'))
    .description('teach statistics what messages are')
    .argument('<class>', 'spam or ham', statClass)
    .argument('[files...]', 'messages and folders of them; - or nothing for standard input')
    .option('-r, --rcpt <address>', 'whose statistics they are, where the configuration keeps them for each user')
    .action(async (as: StatClass, files: string[], _options: unknown, self: Command) => {
      const { rcpt } = self.opts() as LearnOptions;
      io.setExitCode(await learn(as, files, { ...treeFlags(self), ...(rcpt !== undefined && { rcpt }) }, io));
    });
  return adopt(command, io);
}
