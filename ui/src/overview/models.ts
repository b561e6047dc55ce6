/** What /api/kedge/models and /api/kedge/analyses answer. */
export interface Analysis {
  id: string | number;
  model_name: string;
  model_version: string | null;
  created: string;
  verdict: string;
  drift_share: number | null;
  drifted_columns: number | null;
  evaluated_columns: number | null;
  report: string | null;
}

export interface Model {
  name: string;
  version: string | null;
  events: number | null;
  reference_version: string | number | null;
  last_analysis: Partial<Analysis> | null;
}
