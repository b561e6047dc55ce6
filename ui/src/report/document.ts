/** The report document of docs/report.md, as far as the page reads it. Keys may be missing in older or partial
 *  documents, so what is not at the very core is optional. */

export type Num = number | null;

export interface ReportDocument {
  kedge: string;
  created: string;
  name: string;
  compat?: string;
  model?: { name: string; version: string | null } | null;
  window?: Window | null;
  reference: Side;
  current: Side;
  verdict: string;
  summary?: string[];
  dataset_drift: DatasetDrift;
  columns: Column[];
  data_quality?: DataQuality | null;
  classification?: ModelQuality<ClassificationMetrics> & { task: string; labels: string[]; positive: string | null } | null;
  regression?: ModelQuality<RegressionMetrics> & { error_bias?: ErrorBias[] } | null;
  fairness?: unknown;
  tests?: TestResult[];
  timing?: { read_ms?: Num; analysis_ms?: Num; threads?: Num } | null;
}

export interface Window {
  from?: string | null;
  to?: string | null;
  last?: Num;
  segment?: Record<string, string> | null;
}

export interface Side {
  rows: number;
  columns: number;
  origin?: string | null;
  version?: string | number | null;
}

export interface DatasetDrift {
  drifted: boolean | null;
  drifted_columns: number;
  evaluated_columns: number;
  share: Num;
  threshold: Num;
  skipped_columns?: number;
}

export interface Column {
  name: string;
  type: string;
  role: string;
  inferred?: boolean;
  in_reference: boolean;
  in_current: boolean;
  note?: string | null;
  drift: Drift[];
  quality?: { reference: Quality | null; current: Quality | null; findings: Finding[] } | null;
  distribution?: Distribution | null;
  over_time?: OverTime | null;
}

export interface Drift {
  method: string;
  score: Num;
  score_kind: string;
  threshold: Num;
  drifted: boolean | null;
  statistic?: Num;
  p_value?: Num;
  effect?: { name: string; value: Num; size: string } | null;
  detectable?: { shift: Num; unit: string } | null;
  compat_score?: Num;
  note?: string | null;
}

export interface Quality {
  count: Num;
  missing: Num;
  missing_share: Num;
  infinite?: Num;
  unique: Num;
  unique_share: Num;
  most_frequent: { value: string; count: number }[];
  quantiles?: Record<string, Num>;
  [key: string]: unknown;
}

export interface Finding {
  kind: string;
  severity: string;
  text: string;
  values?: string[];
}

export interface Distribution {
  kind: string;
  edges?: number[];
  categories?: string[];
  reference: number[] | null;
  current: number[] | null;
}

export interface OverTime {
  unit: string;
  from: (number | string)[];
  to: (number | string)[];
  score: Num[];
  mean?: Num[] | null;
  missing_share?: Num[] | null;
  method: string;
}

export interface DataQuality {
  reference: Record<string, Num> | null;
  current: Record<string, Num> | null;
  correlations?: Correlations | null;
}

export interface Correlations {
  columns: string[];
  methods: CorrelationMethod[];
  changed: { method: string; a: string; b: string; reference: Num; current: Num; difference: Num }[];
  note?: string | null;
}

export interface CorrelationMethod {
  method: string;
  columns?: string[];
  reference: Num[][] | null;
  current: Num[][] | null;
}

export interface ModelQuality<Metrics> {
  target: string;
  prediction: string;
  reference: Metrics | null;
  current: Metrics | null;
  segments?: { column: string; value: string; rows: number; metrics: Metrics | null }[];
}

export interface Averages {
  precision: Num;
  recall: Num;
  f1: Num;
}

export interface ClassificationMetrics {
  rows: number;
  averages?: Record<string, Averages>;
  by_label?: { label: string; precision: Num; recall: Num; f1: Num; support: Num; roc_auc?: Num }[];
  confusion?: number[][];
  roc?: { fpr: number[]; tpr: number[] };
  pr?: { precision: number[]; recall: number[] };
  calibration?: { from: number; to: number; count: number; mean_predicted: Num; observed: Num }[];
  lift?: { share: number; lift: Num; captured: Num }[];
  dummy?: Record<string, Num> | null;
  [key: string]: unknown;
}

export interface RegressionMetrics {
  rows: number;
  normality?: { method: string; statistic: Num; p_value: Num } | null;
  dummy?: Record<string, Num> | null;
  residuals?: { edges: number[]; counts: number[] };
  qq?: { theoretical: number[]; observed: number[] };
  predicted_vs_actual?: { actual: number[]; predicted: number[] };
  [key: string]: unknown;
}

export interface ErrorBias {
  column: string;
  type: string;
  under_mean: Num;
  majority_mean: Num;
  over_mean: Num;
  range_share: Num;
}

export interface TestResult {
  name: string;
  column: string | null;
  status: string;
  severity: string;
  value: Num;
  condition: string | null;
  reference_value?: Num;
  note?: string | null;
}

/** The entry that decides about the column: the chosen method stands first. */
export function chosenDrift(column: Column): Drift | null {
  return column.drift[0] ?? null;
}

export function isDrifted(column: Column): boolean {
  return chosenDrift(column)?.drifted === true;
}

export function numberAt(record: Record<string, unknown> | null | undefined, key: string): Num {
  const value = record?.[key];
  return typeof value === 'number' ? value : null;
}

/** A column may be named by nothing at all in a CSV without header. */
export function columnTitle(name: string): string {
  return name === '' ? '(no name)' : name;
}
