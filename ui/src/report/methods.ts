/** What each drift method is called and asks, for readers who did not study statistics. Ids: docs/methods.md. */

interface Method {
  name: string;
  asks: string;
}

const METHODS: Record<string, Method> = {
  ks: { name: 'Kolmogorov–Smirnov', asks: 'How far apart do the two cumulative distributions get at their widest?' },
  wasserstein: { name: 'Wasserstein distance', asks: 'How far must values move, in reference standard deviations, to turn one side into the other?' },
  jensenshannon: { name: 'Jensen–Shannon distance', asks: 'How well could one tell which side a value came from? 0 not at all, 0.83 always.' },
  kl_div: { name: 'Kullback–Leibler divergence', asks: 'How surprising is the reference to someone who knows only the current data?' },
  psi: { name: 'Population stability index', asks: 'How much share has moved between the bins?' },
  hellinger: { name: 'Hellinger distance', asks: 'How little do the two distributions overlap? 0 the same, 1 disjoint.' },
  ed: { name: 'Energy distance', asks: 'How far apart are the cumulative distributions, squared and summed over all values?' },
  anderson: { name: 'Anderson–Darling', asks: 'Do the distributions differ, with weight on the tails?' },
  cramer_von_mises: { name: 'Cramér–von Mises', asks: 'Do the cumulative distributions differ on average, not only at one point?' },
  mannw: { name: 'Mann–Whitney', asks: 'Does a value of one side tend to be larger than one of the other?' },
  t_test: { name: 't-test', asks: 'Do the means differ?' },
  es: { name: 'Epps–Singleton', asks: 'Do the characteristic functions differ? Also for discrete values.' },
  empirical_mmd: { name: 'Maximum mean discrepancy', asks: 'Do the sides differ in any smooth feature of the values? By permutation.' },
  chisquare: { name: 'Chi-squared', asks: 'Do the category counts fit the shares of the reference?' },
  z: { name: 'Two-proportion z', asks: 'Does the share of one of two values differ?' },
  g_test: { name: 'G-test', asks: 'Do the category counts fit, by likelihood ratio?' },
  fisher_exact: { name: 'Fisher’s exact test', asks: 'Do the shares of two values differ? Exact for small counts.' },
  TVD: { name: 'Total variation distance', asks: 'What share of rows would have to change category? By permutation.' },
  perc_text_content_drift: { name: 'Text classifier (percentile)', asks: 'Can a classifier tell the two sides’ texts apart better than chance?' },
  abs_text_content_drift: { name: 'Text classifier', asks: 'Can a classifier tell the two sides’ texts apart?' },
};

const EFFECTS: Record<string, string> = {
  cohens_d: 'Cohen’s d', cohens_h: 'Cohen’s h', cohens_w: 'Cohen’s w', cramers_v: 'Cramér’s V', cliffs_delta: 'Cliff’s delta',
  hedges_g: 'Hedges’ g', auc: 'AUC', tvd: 'share of rows that changed category',
};

const UNITS: Record<string, string> = {
  reference_std: 'reference standard deviations', std: 'standard deviations', share: 'of the rows', cohens_d: 'Cohen’s d',
  cramers_v: 'Cramér’s V', cohens_w: 'Cohen’s w',
};

export function methodName(id: string): string {
  return METHODS[id]?.name ?? id;
}

export function methodQuestion(id: string): string | null {
  return METHODS[id]?.asks ?? null;
}

export function effectName(id: string): string {
  return EFFECTS[id] ?? id.replace(/_/g, ' ');
}

export function unitName(id: string): string {
  return UNITS[id] ?? id.replace(/_/g, ' ');
}
