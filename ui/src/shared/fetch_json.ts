/** GET of a JSON document, with the server's own words where it refuses. */
export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${errorMessage(text) ?? response.statusText}`);
  return JSON.parse(text) as T;
}

/** Kedge answers errors as {"error": {"code", "message"}}. */
export function errorMessage(text: string): string | null {
  try {
    const found = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof found.error?.message === 'string' ? found.error.message : null;
  } catch {
    return null;
  }
}
