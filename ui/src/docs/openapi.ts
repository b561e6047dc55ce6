/** The parts of an OpenAPI 3.1 document that the page shows, and the questions it asks of them. Pure; tested. */

export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, unknown>>;
  components?: Record<string, Record<string, unknown>>;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
  example?: unknown;
}

export interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value?: unknown }>;
}

export interface Body {
  $ref?: string;
  description?: string;
  required?: boolean;
  content?: Record<string, Media>;
}

export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  body: Body | null;
  responses: [string, Body][];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];
const UNTAGGED = 'Other';
/** Schemas may refer to themselves; deeper than this nobody reads an example. */
const EXAMPLE_DEPTH_MAX = 6;

/** Follows local references; one that leads nowhere, or around in a circle, gives an empty object. */
export function resolve<T>(document: OpenApi, value: T | { $ref?: string } | undefined): T {
  let found: unknown = value;
  for (let hops = 0; hops < 20; hops++) {
    const ref = (found as { $ref?: string } | undefined)?.$ref;
    if (ref === undefined) return (found ?? {}) as T;
    found = ref.startsWith('#/') ? ref.slice(2).split('/').reduce<unknown>((node, key) =>
      (node as Record<string, unknown> | undefined)?.[key.replace(/~1/g, '/').replace(/~0/g, '~')], document) : undefined;
  }
  return {} as T;
}

/** Operations in the order of the document, by tag in the order of its list of tags. */
export function operationsByTag(document: OpenApi): [string, Operation[]][] {
  const groups = new Map<string, Operation[]>((document.tags ?? []).map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const given = item[method] as Record<string, unknown> | undefined;
      if (!given) continue;
      const operation = readOperation(document, path, method, item, given);
      groups.set(operation.tag, [...(groups.get(operation.tag) ?? []), operation]);
    }
  }
  return [...groups].filter(([, operations]) => operations.length > 0);
}

function readOperation(document: OpenApi, path: string, method: string, item: Record<string, unknown>, given: Record<string, unknown>): Operation {
  const listed = [...((item['parameters'] as Parameter[]) ?? []), ...((given['parameters'] as Parameter[]) ?? [])];
  // An operation's parameter replaces the path's of the same name and place.
  const parameters = new Map(listed.map((parameter) => resolve<Parameter>(document, parameter))
    .map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
  return {
    id: `${method}-${path.replace(/[^\w]+/g, '-').replace(/^-|-$/g, '') || 'root'}`,
    method: method.toUpperCase(), path,
    tag: (given['tags'] as string[] | undefined)?.[0] ?? UNTAGGED,
    summary: String(given['summary'] ?? ''), description: String(given['description'] ?? ''),
    parameters: [...parameters.values()],
    body: given['requestBody'] ? resolve<Body>(document, given['requestBody'] as Body) : null,
    responses: Object.entries((given['responses'] as Record<string, Body>) ?? {}).map(([code, body]) => [code, resolve<Body>(document, body)]),
  };
}

/** "string", "array of number", "integer or null", "Event" for a reference. */
export function typeWords(document: OpenApi, schema: Schema | undefined): string {
  if (!schema) return 'any';
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'any';
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((choice) => typeWords(document, choice)).join(' or ');
  if (schema.allOf) return schema.allOf.map((part) => typeWords(document, part)).join(' and ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? (schema.properties ? 'object' : 'any')];
  const words = types.map((type) => (type === 'array' ? `array of ${typeWords(document, schema.items)}` : type)).join(' or ');
  return schema.format ? `${words} (${schema.format})` : words;
}

/** The example that the document gives, or one made from the schema. */
export function mediaExample(document: OpenApi, media: Media): unknown {
  if (media.example !== undefined) return media.example;
  const named = Object.values(media.examples ?? {})[0];
  if (named?.value !== undefined) return named.value;
  return schemaExample(document, media.schema, 0);
}

export function schemaExample(document: OpenApi, given: Schema | undefined, depth: number): unknown {
  const schema = resolve<Schema>(document, given);
  const value = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0];
  if (value !== undefined) return value;
  if (depth >= EXAMPLE_DEPTH_MAX) return null;
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0];
  if (choice) return schemaExample(document, choice, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => schemaExample(document, part, depth + 1)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type ?? (schema.properties ? 'object' : undefined)) {
    case 'object': return Object.fromEntries(Object.entries(schema.properties ?? {})
      .map(([name, property]) => [name, schemaExample(document, property, depth + 1)]));
    case 'array': return [schemaExample(document, schema.items, depth + 1)];
    case 'integer': case 'number': return schema.minimum ?? 0;
    case 'boolean': return false;
    case 'string': return schema.format === 'date-time' ? '2026-01-01T00:00:00Z' : 'string';
    default: return null;
  }
}

export interface Call {
  method: string;
  url: string;
  headers: [string, string][];
  body: string | null;
}

/** Fills the path's {names} and appends the query; empty values of optional parameters are left out. */
export function buildUrl(origin: string, operation: Operation, values: ReadonlyMap<string, string>): string {
  const value = (parameter: Parameter): string => values.get(`${parameter.in} ${parameter.name}`) ?? '';
  const inPath = new Map(operation.parameters.filter((parameter) => parameter.in === 'path').map((parameter) => [parameter.name, value(parameter)]));
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(inPath.get(name) ?? ''));
  const query = operation.parameters.filter((parameter) => parameter.in === 'query' && value(parameter) !== '')
    .map((parameter) => `${encodeURIComponent(parameter.name)}=${encodeURIComponent(value(parameter))}`).join('&');
  return origin + path + (query ? `?${query}` : '');
}

/** The same call for a POSIX shell. */
export function curlCommand(call: Call): string {
  const parts = ['curl'];
  if (call.method !== 'GET' && !(call.method === 'POST' && call.body !== null)) parts.push(`-X ${call.method}`);
  parts.push(shellQuote(call.url));
  for (const [name, value] of call.headers) parts.push(`-H ${shellQuote(`${name}: ${value}`)}`);
  const command = parts.join(' ');
  return call.body === null ? command : `${command} \\\n  --data-binary ${shellQuote(call.body)}`;
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
