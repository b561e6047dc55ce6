import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildUrl, curlCommand, mediaExample, operationsByTag, resolve, typeWords, type OpenApi } from './openapi.ts';

const document: OpenApi = {
  openapi: '3.1.0', info: { title: 'T', version: '1' }, tags: [{ name: 'Second' }, { name: 'First' }],
  paths: {
    '/models/{name}': {
      parameters: [{ name: 'name', in: 'path', required: true }],
      get: { tags: ['First'], parameters: [{ $ref: '#/components/parameters/last' }], responses: { 200: { description: 'ok' } } },
    },
    '/': { get: { responses: {} } },
  },
  components: {
    parameters: { last: { name: 'last', in: 'query', schema: { type: 'integer' } } },
    schemas: {
      Event: { type: 'object', properties: { id: { type: 'string' }, rows: { type: 'array', items: { type: 'number' } }, next: { $ref: '#/components/schemas/Event' } } },
      Circle: { $ref: '#/components/schemas/Circle' },
    },
  },
};

test('operations stand under their tag, with the parameters of their path', () => {
  const groups = operationsByTag(document);
  assert.deepEqual(groups.map(([tag]) => tag), ['First', 'Other'], 'a tag without operation is not shown');
  const [operation] = groups[0]![1];
  assert.deepEqual(operation!.parameters.map(({ name }) => name), ['name', 'last']);
  assert.equal(buildUrl('http://h', operation!, new Map([['path name', 'a b/c'], ['query last', '5']])), 'http://h/models/a%20b%2Fc?last=5');
  assert.equal(buildUrl('', operation!, new Map([['path name', 'x']])), '/models/x', 'an empty query is left out');
});

test('references resolve, and those that cannot end', () => {
  assert.equal(resolve<{ type: string }>(document, { $ref: '#/components/schemas/Event' }).type, 'object');
  assert.deepEqual(resolve(document, { $ref: '#/components/schemas/Circle' }), {}, 'a circle');
  assert.deepEqual(resolve(document, { $ref: '#/nowhere/at/all' }), {}, 'nowhere');
  assert.deepEqual(resolve(document, { $ref: 'http://elsewhere/x' }), {}, 'nothing is loaded from elsewhere');
});

test('types in words', () => {
  const cases: [string, Parameters<typeof typeWords>[1], string][] = [
    ['plain', { type: 'string' }, 'string'],
    ['nullable', { type: ['integer', 'null'] }, 'integer or null'],
    ['array', { type: 'array', items: { type: 'number' } }, 'array of number'],
    ['choices', { oneOf: [{ type: 'string' }, { type: 'number' }] }, 'string or number'],
    ['enum', { enum: ['a', 'b'] }, '"a" | "b"'],
    ['by name', { $ref: '#/components/schemas/Event' }, 'Event'],
    ['format', { type: 'string', format: 'date-time' }, 'string (date-time)'],
  ];
  for (const [why, schema, wanted] of cases) assert.equal(typeWords(document, schema), wanted, why);
});

test('examples: the given one first, else one from the schema that ends', () => {
  assert.deepEqual(mediaExample(document, { example: { a: 1 }, schema: { type: 'string' } }), { a: 1 });
  assert.equal(mediaExample(document, { examples: { x: { value: 7 } } }), 7);
  const made = mediaExample(document, { schema: { $ref: '#/components/schemas/Event' } }) as { rows: number[]; next: unknown };
  assert.deepEqual(made.rows, [0]);
  assert.equal(typeof JSON.stringify(made), 'string', 'a schema that holds itself ends');
});

test('curl quotes for the shell', () => {
  assert.equal(curlCommand({ method: 'GET', url: 'http://h/x', headers: [], body: null }), 'curl http://h/x');
  assert.equal(curlCommand({ method: 'DELETE', url: 'http://h/x?a=1&b=2', headers: [], body: null }), "curl -X DELETE 'http://h/x?a=1&b=2'");
  assert.equal(curlCommand({ method: 'POST', url: 'http://h/', headers: [['content-type', 'application/json']], body: "it's" }),
    "curl http://h/ -H 'content-type: application/json' \\\n  --data-binary 'it'\\''s'");
});
