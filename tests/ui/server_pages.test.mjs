/** The pages that a running server serves: the API documentation and the overview, against answers laid down here. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { accessibilityViolations, cannotRun, launch, open, overflow, pageHtml } from './browser.mjs';

const json = (value, status = 200) => [status, 'application/json', JSON.stringify(value)];

describe('the pages of the server', { skip: cannotRun }, () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  async function docs(options = {}) {
    const openapi = await readFile(new URL('fixtures/openapi.json', import.meta.url), 'utf8');
    return open(browser, await pageHtml('docs'), {
      ...options, at: '/docs', routes: { '/openapi.json': [200, 'application/json', openapi], ...options.routes } });
  }

  test('docs: operations by tag, an operation opens with its form and its curl command', async () => {
    const { page, requests, errors } = await docs();
    assert.deepEqual(await page.locator('main h2').allTextContents(), ['Capture', 'Analysis']);
    await page.locator('#post-capture summary').first().click();
    const form = page.locator('#post-capture form');
    assert.equal(JSON.parse(await form.getByLabel('Body').inputValue()).model_name, 'wine', 'the example is ready to send');
    assert.match(await form.locator('.command code').textContent(), /^curl http:\/\/kedge\.test\/capture -H 'content-type: application\/json' \\\n  --data-binary/);
    assert.deepEqual([requests, errors], [[], []]);
  });

  test('docs: sends what was edited, shows status and body', async () => {
    let seen = null;
    const { page } = await docs({ routes: { '/capture': (request) => {
      seen = { body: request.postData(), key: request.headers()['x-key'] };
      return json({ error: { code: 'invalid', message: 'unknown field "ash"' } }, 422);
    } } });
    await page.locator('#post-capture summary').first().click();
    const form = page.locator('#post-capture form');
    await form.getByLabel('Body').fill('{"features": {"ash": 1}}');
    await form.getByLabel('More headers').fill('x-key: secret');
    await form.getByRole('button', { name: 'Send' }).click();
    await form.locator('.response').waitFor();
    assert.deepEqual(seen, { body: '{"features": {"ash": 1}}', key: 'secret' });
    assert.match(await form.locator('.answer .chip').textContent(), /^422/);
    assert.match(await form.locator('.response').textContent(), /unknown field/);
  });

  test('docs: path and query parameters make the address', async () => {
    const { page } = await docs();
    await page.locator('#get-reports-name summary').first().click();
    const form = page.locator('#get-reports-name form');
    await form.getByLabel('name path').fill('a/b');
    await form.getByLabel('format query').fill('json');
    assert.equal(await form.locator('.command code').textContent(), "curl 'http://kedge.test/reports/a%2Fb?format=json'");
  });

  test('docs: nothing for axe-core, no overflow on a phone, a clear word when there is no document', async () => {
    for (const options of [{ colorScheme: 'dark' }, { viewport: { width: 390, height: 844 } }]) {
      const { page } = await docs(options);
      await page.locator('#post-capture summary').first().click();
      assert.deepEqual(await accessibilityViolations(page), []);
      assert.equal(await overflow(page), 0);
    }
    const { page } = await docs({ routes: { '/openapi.json': json({ error: { code: 'x', message: 'still starting' } }, 503) } });
    assert.match(await page.getByRole('alert').textContent(), /503 still starting/);
  });

  const analyses = [0.2, 0.4, null, 0.6].map((drift_share, i) => ({
    id: String(i), model_name: 'wine', model_version: '3', created: `2026-11-2${i}T10:00:00Z`, verdict: i === 3 ? 'drift' : 'ok', drift_share,
    drifted_columns: 3, evaluated_columns: 13, report: `/reports/wine-${i}` }));
  const models = [
    { name: 'wine', version: '3', events: 12345, reference_version: 2, last_analysis: analyses[3] },
    { name: 'no reference', version: null, events: 5, reference_version: null, last_analysis: null },
  ];

  async function overview(routes, options = {}) {
    const found = await open(browser, await pageHtml('index'), { ...options, at: '/ui/', routes });
    await found.page.locator('main [aria-live] > :not(.empty)').first().waitFor();
    return found;
  }

  test('overview: models with their latest verdict, course and reports, newest first', async () => {
    const routes = { '/api/kedge/models': json({ models }), '/api/kedge/analyses?model=wine': json({ analyses }),
      '/api/kedge/analyses?model=no%20reference': json({ analyses: [] }) };
    for (const options of [{}, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }]) {
      const { page, requests, errors } = await overview(routes, options);
      const wine = page.getByRole('region', { name: 'wine', exact: true });
      assert.equal(await wine.locator('.chip').first().textContent(), 'Drift');
      assert.deepEqual(await wine.locator('td a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
        ['/reports/wine-3', '/reports/wine-2', '/reports/wine-1', '/reports/wine-0']);
      assert.match(await wine.getByRole('img').getAttribute('aria-label'), /over 3 analyses: from 20.% to 60.%/);
      assert.match(await page.getByRole('region', { name: 'no reference' }).locator('code').textContent(), /^curl -F file=@reference\.csv/);
      assert.deepEqual(await accessibilityViolations(page), []);
      assert.equal(await overflow(page), 0);
      assert.deepEqual([requests, errors], [[], []]);
    }
  });

  test('overview: an empty server explains the first steps; a failing one says what failed', async () => {
    const empty = await overview({ '/api/kedge/models': json({ models: [] }) });
    assert.equal(await empty.page.locator('.command').count(), 3);
    const failing = await overview({ '/api/kedge/models': json({ error: { code: 'x', message: 'the store is locked' } }, 503) });
    assert.match(await failing.page.getByRole('alert').textContent(), /503 the store is locked/);
  });
});
