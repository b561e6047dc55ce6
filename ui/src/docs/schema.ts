/** A schema as a table of its fields; nested objects open in place. */
import { el, type Child } from '../shared/el.ts';
import { table } from '../shared/table.ts';
import { resolve, typeWords, type OpenApi, type Schema } from './openapi.ts';

const DEPTH_MAX = 5;

export function schemaView(document: OpenApi, given: Schema | undefined, depth = 0): HTMLElement | null {
  const schema = resolve<Schema>(document, given);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices && depth < DEPTH_MAX)
    return el('div', { class: 'choices' }, choices.map((choice, i) => [
      el('p', { class: 'axis-note' }, i === 0 ? 'Either ' : 'or ', el('code', {}, typeWords(document, choice))), schemaView(document, choice, depth + 1)]));
  const item = resolve<Schema>(document, schema.items ?? schema);
  const parts = [item, ...(item.allOf ?? []).map((part) => resolve<Schema>(document, part))];
  const properties = parts.flatMap((part) => Object.entries(part.properties ?? {}));
  if (properties.length === 0) return null;
  return table({
    caption: 'Fields', class: 'fields', head: ['Field', 'Type', 'Meaning'],
    rows: properties.map(([name, property]) => [
      [el('code', {}, name), item.required?.includes(name) ? el('small', {}, ' required') : null],
      el('code', {}, typeWords(document, property)), meaning(document, property, depth)]),
  });
}

function meaning(document: OpenApi, property: Schema, depth: number): Child {
  const schema = resolve<Schema>(document, property);
  const nested = resolve<Schema>(document, schema.items ?? schema);
  const hasFields = (nested.properties || nested.oneOf || nested.anyOf) && depth < DEPTH_MAX;
  return [schema.description ?? '', limits(schema),
    hasFields ? lazyDetails('Its fields', () => schemaView(document, property, depth + 1)) : null];
}

function limits(schema: Schema): Child {
  const words = [
    schema.default === undefined ? null : `default ${JSON.stringify(schema.default)}`,
    schema.minimum === undefined ? null : `at least ${schema.minimum}`,
    schema.maximum === undefined ? null : `at most ${schema.maximum}`,
    schema.pattern === undefined ? null : `matches ${schema.pattern}`,
  ].filter((text) => text !== null);
  return words.length > 0 ? el('small', {}, ` ${words.join(', ')}`) : null;
}

/** Content is made when first opened: schemas may hold themselves. */
export function lazyDetails(title: string, content: () => HTMLElement | null): HTMLElement {
  const details = el('details', {}, el('summary', {}, title));
  details.addEventListener('toggle', () => {
    if (details.childElementCount === 1) details.append(content() ?? '');
  });
  return details;
}
