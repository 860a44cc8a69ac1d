import type { Token } from './tokens.ts';

/** How often a class was learned, and how often a token was in it. */
export interface Counts {
  readonly spam: number;
  readonly ham: number;
}

export interface ClassifySettings {
  /** Messages that must have been learned of each class. */
  readonly minLearns: number;
  /** A tenth of it: text tokens that must be known. */
  readonly minTokens: number;
  /** Hits that a token must have. */
  readonly minTokenHits: number;
  /** How far from the middle a token's probability must be. */
  readonly minStrength: number;
}

/** Either why nothing can be said, or the probability that it is spam. */
export type Classified = { readonly skipped: string } | { readonly probability: number };

/** The farther apart two words are the less they say (rspamd: src/libstat/classifiers/bayes.c, feature_weight). */
const weights = [0, 3125, 256, 27, 1, 0, 0, 0];

/**
 * Bayes' theorem over the tokens, combined after Fisher (rspamd: src/libstat/classifiers/bayes.c:bayes_classify).
 * @param counts of each of the tokens, in their order
 */
export function classify(
  tokens: readonly Token[],
  counts: readonly Counts[],
  learns: Counts,
  settings: ClassifySettings,
): Classified {
  for (const name of ['ham', 'spam'] as const) {
    if (learns[name] < settings.minLearns)
      return { skipped: `${learns[name]} messages were learned as ${name}, ${settings.minLearns} are wanted` };
  }
  const textTokens = tokens.filter(({ meta }) => !meta).length;
  if (textTokens === 0) return { skipped: 'there are no words' };
  // Where there are few words what is said about the message would outweigh them.
  const skipMeta = textTokens <= tokens.length - textTokens;
  let [spam, ham, used, usedText] = [0, 0, 0, 0];
  for (const [at, token] of tokens.entries()) {
    const probability = token.meta && skipMeta ? undefined : tokenProbability(token, counts[at], learns, settings);
    if (probability === undefined) continue;
    spam += Math.log(probability);
    ham += Math.log(1 - probability);
    used++;
    if (!token.meta) usedText++;
  }
  if (used === 0) return { skipped: `none of ${tokens.length} tokens is known` };
  if (usedText < Math.trunc(settings.minTokens * 0.1))
    return { skipped: `only ${usedText} of ${textTokens} text tokens are known` };
  return { probability: combine(spam, ham, used) };
}

function tokenProbability(
  { distance }: Token,
  counts: Counts | undefined,
  learns: Counts,
  { minTokenHits, minStrength }: ClassifySettings,
): number | undefined {
  const total = (counts?.spam ?? 0) + (counts?.ham ?? 0);
  if (counts === undefined || total === 0 || total < minTokenHits) return undefined;
  const spamShare = counts.spam / Math.max(1, learns.spam);
  const hamShare = counts.ham / Math.max(1, learns.ham);
  const weighted = (weights[distance] ?? 0) * total;
  const weight = weighted / (1 + weighted);
  const probability = (weight * 0.5 + (total * spamShare) / (spamShare + hamShare)) / (weight + total);
  const strength = Math.abs(probability - 0.5);
  return strength > 0 && strength < minStrength ? undefined : probability;
}

/** Sums of logarithms to one probability. */
function combine(spam: number, ham: number, tokens: number): number {
  let h: number;
  let s: number;
  if (spam > -300 && ham > -300) {
    h = 1 - inverseChiSquare(spam, tokens);
    s = 1 - inverseChiSquare(ham, tokens);
  } else if (spam < ham) {
    const ratio = Math.exp(spam - ham);
    h = (1 - ratio) / (1 + ratio);
    s = 1 - h;
  } else {
    const ratio = Math.exp(ham - spam);
    s = (1 - ratio) / (1 + ratio);
    h = 1 - s;
  }
  if (Number.isFinite(s) && Number.isFinite(h)) return (s + 1 - h) / 2;
  if (Number.isFinite(h)) return 1;
  return Number.isFinite(s) ? 0 : 0.5;
}

/** How probable a sum of logarithms is that is not above `value`, for so many of them. */
function inverseChiSquare(value: number, freedom: number): number {
  let term = Math.exp(value);
  let sum = term;
  for (let i = 1; i < freedom; i++) {
    term *= -value / i;
    sum += term;
  }
  return Math.min(1, sum);
}

/** What a probability beyond one half weighs, 0 to 1 (rspamd: src/libutil/util.c:rspamd_normalize_probability). */
export function confidence(probability: number): number {
  return ((probability - 0.5) * 2) ** 8;
}
