/** A form that sends an operation for real and shows what came back, with the same call as a curl command. */
import { chip } from '../shared/chip.ts';
import { commandBlock } from '../shared/copy.ts';
import { el, replace } from '../shared/el.ts';
import { formatBytes, formatMs } from '../shared/format.ts';
import { buildUrl, curlCommand, mediaExample, type Call, type OpenApi, type Operation, type Parameter } from './openapi.ts';

/** More than this is kept out of the page; curl shows the rest. */
const SHOWN_CHARACTERS_MAX = 100_000;

export function tryForm(document_: OpenApi, operation: Operation): HTMLElement {
  const inputs = new Map<string, HTMLInputElement>();
  for (const parameter of operation.parameters) inputs.set(`${parameter.in} ${parameter.name}`, parameterInput(operation, parameter));
  const body = operation.body ? bodyEditor(document_, operation) : null;
  const headers = el('textarea', { rows: 2, id: `${operation.id}-headers`, spellcheck: 'false', placeholder: 'authorization: Bearer …' });
  const curl = el('div');
  const answer = el('div', { class: 'answer', 'aria-live': 'polite' });

  const call = (): Call => {
    const values = new Map([...inputs].map(([key, input]) => [key, input.value]));
    const given = headers.value.split('\n').map((line) => line.split(/:\s*/)).filter(([name, value]) => name && value)
      .map(([name, ...value]): [string, string] => [name!.trim(), value.join(': ').trim()]);
    const named = operation.parameters.filter((parameter) => parameter.in === 'header' && values.get(`header ${parameter.name}`))
      .map((parameter): [string, string] => [parameter.name, values.get(`header ${parameter.name}`)!]);
    const type: [string, string][] = body && body.text.value !== '' ? [['content-type', body.type]] : [];
    return { method: operation.method, url: buildUrl(location.origin, operation, values), headers: [...type, ...named, ...given],
      body: body && body.text.value !== '' ? body.text.value : null };
  };
  const form = el('form', { class: 'try', oninput: () => showCurl(), onsubmit: (event: Event) => {
    event.preventDefault();
    void send(call(), answer);
  } },
  [...inputs].map(([key, input]) => field(input, key.split(' ').slice(1).join(' '), key.split(' ')[0] ?? '')),
  body ? field(body.text, 'Body', body.type) : null,
  field(headers, 'More headers', 'one a line'),
  el('button', { type: 'submit', class: 'button is-primary' }, 'Send'), curl, answer);
  const showCurl = (): void => replace(curl, commandBlock(curlCommand(call())));
  showCurl();
  return form;
}

function field(input: HTMLElement, name: string, hint: string): HTMLElement {
  return el('div', { class: 'field' }, el('label', { for: input.id }, name, el('small', {}, ` ${hint}`)), input);
}

function parameterInput(operation: Operation, parameter: Parameter): HTMLInputElement {
  return el('input', {
    id: `${operation.id}-${parameter.in}-${parameter.name}`, required: parameter.required === true, spellcheck: 'false', autocomplete: 'off',
    value: String(parameter.example ?? parameter.schema?.example ?? (parameter.required ? parameter.schema?.default ?? '' : '')),
    placeholder: parameter.schema?.default === undefined ? '' : String(parameter.schema.default) });
}

function bodyEditor(document_: OpenApi, operation: Operation): { text: HTMLTextAreaElement; type: string } {
  const contents = Object.entries(operation.body?.content ?? {});
  const [type, media] = contents.find(([name]) => name.includes('json')) ?? contents[0] ?? ['application/json', {}];
  const example = mediaExample(document_, media);
  const text = typeof example === 'string' ? example : example === null ? '' : JSON.stringify(example, null, 2);
  return { type, text: el('textarea', { id: `${operation.id}-body`, rows: Math.min(18, text.split('\n').length + 1), spellcheck: 'false' }, text) };
}

async function send(call: Call, answer: HTMLElement): Promise<void> {
  replace(answer, el('p', { class: 'empty' }, 'Sending …'));
  const started = performance.now();
  try {
    const response = await fetch(call.url, { method: call.method, headers: call.headers, body: call.body });
    const text = await response.text();
    const took = performance.now() - started;
    replace(answer,
      el('p', {}, chip(response.ok ? 'ok' : 'fail', `${response.status} ${response.statusText}`), ` ${formatMs(took)}, ${formatBytes(new Blob([text]).size)}`),
      el('details', {}, el('summary', {}, 'Headers'), el('pre', { tabindex: 0 }, [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n'))),
      el('pre', { class: 'response', tabindex: 0, 'aria-label': 'Response body' }, shorten(pretty(text, response.headers.get('content-type') ?? ''))));
  } catch (error) {
    replace(answer, el('p', {}, chip('fail', 'Not sent'), ` ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** JSON is indented for reading. Its numbers pass through JavaScript, so long integers may lose digits: curl shows them. */
function pretty(text: string, type: string): string {
  if (!type.includes('json')) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}\n… (cut here)`;
}
