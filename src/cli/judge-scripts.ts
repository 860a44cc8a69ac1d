import { type Chunk, type Finding, lineOfChunk, type ProxyConfig, type ProxyWorker } from '../config/index.ts';
import { checkScripts, type Script, type ScriptProblem } from '../scripts/index.ts';
import { compareScript, inlineScript, shownConfig } from '../worker/index.ts';

interface Placed {
  readonly script: Script;
  readonly chunk: Chunk;
}

/** Runs the chunks of all scripts once, as the original does when it reads its configuration, and says what is wrong with them. */
export async function judgeScripts(config: ProxyConfig): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const worker of config.workers.filter(({ off }) => !off)) {
    const placed = scriptsOf(worker, findings);
    if (placed.length === 0) continue;
    const problems = await checkScripts(
      placed.map(({ script }) => script),
      config.paths,
      shownConfig(config),
    );
    for (const [index, one] of placed.entries()) {
      const problem = problems[index];
      if (problem !== undefined) findings.push(findingOf(one, problem));
    }
  }
  return findings;
}

function scriptsOf({ script, upstreams, mirrors }: ProxyWorker, findings: Finding[]): Placed[] {
  const compare = script.flatMap((chunk): Placed[] => {
    try {
      return [{ script: compareScript(chunk), chunk }];
    } catch (cause) {
      const message = `cannot load lua parser script: ${(cause as Error).message}`;
      findings.push({ severity: 'error', message, at: chunk.at });
      return [];
    }
  });
  const parsers = [...upstreams, ...mirrors].flatMap(({ parser: chunk }): Placed[] =>
    chunk === undefined ? [] : [{ script: inlineScript('parser', chunk), chunk }],
  );
  return [...compare, ...parsers];
}

function findingOf({ script, chunk }: Placed, { message, line }: ScriptProblem): Finding {
  const inFile = script.chunk.startsWith('@');
  const at = inFile || line === undefined ? chunk.at : lineOfChunk(chunk, line);
  return { severity: 'error', message, at, ...(isPath(chunk) && !inFile && { hint: noFile(script) }) };
}

/** A text of one word with a slash was meant to name a file. */
const isPath = ({ text }: Chunk): boolean => /^[^\s;]*\/[^\s;]*$/.test(text.trim());

function noFile({ kind }: Script): string {
  if (kind === 'parser')
    return 'a parser is Lua text in the configuration; .load(key = "parser") "FILE" takes it from a file';
  return 'there is no such file, so this is taken for Lua';
}
