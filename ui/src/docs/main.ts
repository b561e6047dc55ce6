/** The API documentation: every operation of /openapi.json, by tag, each with a form to try it. */
import '../shared/base.css';
import './docs.css';
import { el, replace, type Child } from '../shared/el.ts';
import { fetchJson } from '../shared/fetch_json.ts';
import { block, table } from '../shared/table.ts';
import { startTheme } from '../shared/theme.ts';
import { topBar } from '../shared/top_bar.ts';
import { mediaExample, operationsByTag, typeWords, type Body, type OpenApi, type Operation } from './openapi.ts';
import { lazyDetails, schemaView } from './schema.ts';
import { tryForm } from './try.ts';

const DOCUMENT = '/openapi.json';
const page = document.getElementById('page')!;

startTheme();
void load();

async function load(): Promise<void> {
  try {
    show(await fetchJson<OpenApi>(DOCUMENT));
  } catch (error) {
    replace(page, topBar('Kedge', [['/ui/', 'Models']]), el('main', { class: 'failure' }, el('h1', {}, 'The API document cannot be read'),
      el('p', { role: 'alert' }, error instanceof Error ? error.message : String(error)),
      el('p', {}, el('button', { type: 'button', class: 'button', onclick: () => void load() }, 'Try again'))));
  }
}

function show(api: OpenApi): void {
  const groups = operationsByTag(api);
  document.title = `${api.info.title} · API`;
  const filter = el('input', { type: 'search', placeholder: 'Find an operation', 'aria-label': 'Find an operation', autocomplete: 'off' });
  filter.addEventListener('input', () => narrow(filter.value.trim().toLowerCase()));
  const about = new Map((api.tags ?? []).map((tag) => [tag.name, tag.description]));
  replace(page,
    el('a', { class: 'skip-link', href: '#main' }, 'Skip to content'),
    topBar(`${api.info.title} ${api.info.version}`, [['/ui/', 'Models'], ['/metrics', 'Metrics'], [DOCUMENT, 'openapi.json']]),
    el('div', { class: 'docs' },
      el('nav', { class: 'contents', 'aria-label': 'Operations' }, filter, groups.map(([tag, operations]) => [
        el('p', {}, tag), el('ul', {}, operations.map((operation) => el('li', { 'data-find': findText(operation) },
          el('a', { href: `#${operation.id}` }, method(operation), el('span', {}, operation.path)))))])),
      el('main', { id: 'main', tabindex: -1 },
        el('h1', {}, 'API'), el('div', { class: 'prose' }, paragraphs(api.info.description ?? '')),
        groups.map(([tag, operations], i) => el('section', { 'aria-labelledby': `tag-${i}` }, el('h2', { id: `tag-${i}` }, tag),
          about.get(tag) ? el('p', { class: 'lead' }, about.get(tag)) : null, operations.map((operation) => operationView(api, operation)))))));
  openFromHash();
  addEventListener('hashchange', openFromHash);
}

function findText(operation: Operation): string {
  return `${operation.method} ${operation.path} ${operation.summary}`.toLowerCase();
}

function narrow(query: string): void {
  for (const node of page.querySelectorAll<HTMLElement>('[data-find]')) node.hidden = !node.dataset['find']!.includes(query);
}

function openFromHash(): void {
  const node = document.getElementById(location.hash.slice(1));
  if (!(node instanceof HTMLDetailsElement)) return;
  node.open = true;
  node.scrollIntoView();
}

function method(operation: Operation): HTMLElement {
  return el('span', { class: `verb verb-${operation.method.toLowerCase()}` }, operation.method);
}

function operationView(api: OpenApi, operation: Operation): HTMLElement {
  const details = el('details', { class: 'operation', id: operation.id, 'data-find': findText(operation) },
    el('summary', {}, method(operation), el('code', {}, operation.path), el('span', {}, operation.summary)));
  // Built when opened: a hundred forms would make a heavy page.
  details.addEventListener('toggle', () => {
    if (details.childElementCount === 1) details.append(el('div', { class: 'operation-body' }, operationParts(api, operation)));
  });
  return details;
}

function operationParts(api: OpenApi, operation: Operation): Child[] {
  return [
    el('div', { class: 'operation-text' },
      el('div', { class: 'prose' }, paragraphs(operation.description)),
      operation.parameters.length > 0 ? block('Parameters', table({
        caption: 'Parameters', class: 'fields', head: ['Name', 'Type', 'Meaning'],
        rows: operation.parameters.map((parameter) => [
          [el('code', {}, parameter.name), el('small', {}, ` ${parameter.in}${parameter.required ? ', required' : ''}`)],
          el('code', {}, typeWords(api, parameter.schema)), parameter.description ?? '']) })) : null,
      operation.body ? block('Request body', contents(api, operation.body, false)) : null,
      block('Responses', operation.responses.map(([code, body]) => el('div', { class: 'response-kind' },
        el('p', {}, el('strong', {}, code), ` ${body.description ?? ''}`), contents(api, body, true))))),
    el('div', { class: 'operation-try' }, el('h3', {}, 'Try it'), tryForm(api, operation)),
  ];
}

function contents(api: OpenApi, body: Body, withExample: boolean): Child {
  return Object.entries(body.content ?? {}).map(([type, media]) => {
    const fields = schemaView(api, media.schema);
    const hasExample = media.example !== undefined || media.examples !== undefined;
    return el('div', { class: 'media' }, el('p', { class: 'axis-note' }, el('code', {}, type), media.schema ? ` ${typeWords(api, media.schema)}` : ''),
      withExample && fields ? lazyDetails('Fields', () => schemaView(api, media.schema)) : fields,
      withExample && hasExample ? lazyDetails('Example', () => example(mediaExample(api, media))) : null);
  });
}

function example(value: unknown): HTMLElement {
  return el('pre', { class: 'response', tabindex: 0 }, typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

/** Blank lines part paragraphs, backticks mark code: as much Markdown as descriptions need. */
function paragraphs(text: string): Child[] {
  return text.split(/\n\s*\n/).filter((part) => part.trim() !== '').map((part) => el('p', {},
    part.split('`').map((piece, i) => (i % 2 === 1 ? el('code', {}, piece) : piece))));
}
