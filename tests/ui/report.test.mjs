/** The report page, in Chromium: what it shows, how it is used, and what it must not do. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessibilityViolations, cannotRun, launch, open, overflow, pageHtml, reportHtml, sample } from './browser.mjs';

const PHONE = { viewport: { width: 390, height: 844 } };
const SAMPLES = ['wine', 'churn', 'multiclass', 'bikes', 'edge'];

/** The wine sample's columns again and again, under new names: shape and size of a wide table. */
async function wide(count) {
  const document = await sample('wine');
  const { columns } = document;
  document.columns = Array.from({ length: count }, (_, i) => ({ ...columns[i % columns.length], name: `column_${String(i).padStart(4, '0')}` }));
  document.dataset_drift = { ...document.dataset_drift, evaluated_columns: count };
  return document;
}

function names(page) {
  return page.locator('tr.row .column-name').allTextContents();
}

describe('the report page', { skip: cannotRun }, () => {
  let browser;
  const contexts = [];
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  async function show(document, options) {
    const found = await open(browser, await reportHtml(document), options);
    contexts.push(found.context);
    return found;
  }

  for (const name of SAMPLES) {
    test(`${name}: loads nothing, raises no error, and nothing runs out of a phone's screen`, async () => {
      for (const options of [{}, PHONE]) {
        const { page, context, requests, errors } = await show(await sample(name), options);
        await page.locator('h1').waitFor();
        for (const opener of await page.locator('.opener').all()) if (name === 'edge') await opener.click();
        assert.equal(await overflow(page), 0, 'no horizontal scroll');
        assert.deepEqual(requests, [], 'no network');
        assert.deepEqual(errors, [], 'no error');
        await context.close();
      }
    });

    test(`${name}: axe-core finds nothing, light and dark, with a column open`, async () => {
      for (const colorScheme of ['light', 'dark']) {
        const { page, context } = await show(await sample(name), { colorScheme });
        await page.locator('.opener').first().click();
        assert.deepEqual(await accessibilityViolations(page), [], colorScheme);
        await context.close();
      }
    });
  }

  test('13 columns stay under a megabyte', async () => {
    assert.ok(Buffer.byteLength(await reportHtml(await sample('wine'))) < 1e6);
  });

  test('the summary says what drifted, most first', async () => {
    const { page } = await show(await sample('wine'));
    assert.equal(await page.locator('h1').textContent(), '4 of 13 columns drifted');
    assert.equal(await page.locator('.drifter-name a').first().textContent(), 'color_intensity', 'the only medium effect');
    assert.match(await page.locator('.drifter-words').first().textContent(), /^Medium effect \(Cohen’s d 0\.\d+\)\. p < 0\.0001: without any drift/);
  });

  test('columns sort by clicking a header: up, down, back', async () => {
    const { page } = await show(await sample('wine'));
    const original = await names(page);
    const head = page.getByRole('columnheader', { name: 'Column' });
    const button = head.getByRole('button');
    await button.click();
    assert.equal(await head.getAttribute('aria-sort'), 'ascending');
    assert.deepEqual(await names(page), [...original].sort());
    await button.click();
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    assert.deepEqual(await names(page), [...original].sort().reverse());
    await button.click();
    assert.equal(await head.getAttribute('aria-sort'), 'none');
    assert.deepEqual(await names(page), original);
  });

  test('what has no value stands last, whichever way round', async () => {
    const document = await sample('wine');
    document.columns[4].drift = [];
    const { page } = await show(document);
    const button = page.getByRole('columnheader', { name: 'p-value' }).getByRole('button');
    for (const way of ['ascending', 'descending']) {
      await button.click();
      assert.equal((await names(page)).at(-1), 'magnesium', way);
    }
  });

  test('columns filter by name, by drift, by findings and by type', async () => {
    const document = await sample('churn');
    const { page } = await show(document);
    await page.getByLabel('Find a column').fill('CHARGES');
    assert.deepEqual(await names(page), ['monthly_charges']);
    assert.equal(await page.locator('.counter').textContent(), '1 of 6 columns');
    await page.getByLabel('Find a column').fill('nothing like it');
    assert.equal(await page.locator('.more').textContent(), 'No column matches.');
    await page.getByLabel('Find a column').fill('');
    await page.getByRole('button', { name: 'Drifted', exact: true }).click();
    assert.deepEqual(await names(page), document.columns.filter((column) => column.drift[0].drifted).map((column) => column.name));
    await page.getByRole('button', { name: 'With findings' }).click();
    assert.deepEqual(await names(page), ['payment_method']);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByLabel('Type').selectOption('num');
    assert.deepEqual(await names(page), ['tenure', 'monthly_charges']);
  });

  test('a column opens and closes by keyboard, and shows all that there is', async () => {
    const { page } = await show(await sample('wine'));
    const opener = page.getByRole('button', { name: 'alcohol', exact: true });
    await opener.focus();
    await page.keyboard.press('Enter');
    assert.equal(await opener.getAttribute('aria-expanded'), 'true');
    const detail = page.locator('.detail-row');
    assert.equal(await detail.getAttribute('id'), await opener.getAttribute('aria-controls'));
    for (const text of ['Quantiles', 'Statistics', 'Most frequent values', 'Methods', 'Kolmogorov–Smirnov over the window'])
      assert.equal(await detail.getByText(text, { exact: true }).first().isVisible(), true, text);
    assert.equal(await detail.getByText('not applicable: more than 2 distinct values').isVisible(), true, 'and why a method was not');
    await detail.locator('.chart svg').first().waitFor();
    await page.keyboard.press('Space');
    assert.equal(await opener.getAttribute('aria-expanded'), 'false');
    assert.equal(await detail.count(), 0);
  });

  test('charts have a name and their data as a table', async () => {
    const { page } = await show(await sample('wine'), { hash: '#column=alcohol' });
    const figure = page.locator('.detail figure').first();
    assert.match(await figure.locator('.chart').getAttribute('aria-label'), /^Distribution\. Histogram of alcohol/);
    await figure.getByText('Data', { exact: true }).click();
    const bins = (await sample('wine')).columns[0].distribution.reference.length;
    assert.equal(await figure.locator('tbody tr').count(), bins);
  });

  test('on a phone a row is a card whose detail takes its width', async () => {
    const { page } = await show(await sample('wine'), { ...PHONE, hash: '#column=alcohol' });
    const width = (selector) => page.locator(selector).first().evaluate((node) => node.getBoundingClientRect().width);
    assert.equal(await width('.detail-row > td'), await width('tr.row'));
    assert.ok(await width('.detail .chart') > 300);
    assert.equal(await overflow(page), 0);
  });

  test('a link leads to its column, whatever is filtered away', async () => {
    const { page } = await show(await wide(300), { hash: '#column=column_0250' });
    assert.equal(await page.getByRole('button', { name: 'column_0250' }).getAttribute('aria-expanded'), 'true');
    await page.getByLabel('Find a column').fill('column_0001');
    await page.evaluate(() => { location.hash = '#column=column_0123'; });
    await page.locator('.opener[aria-expanded="true"]', { hasText: 'column_0123' }).waitFor();
    const { errors } = await show(await wide(3), { hash: '#column=%E0%A4%A' });
    assert.deepEqual(errors, [], 'a broken escape names no column');
  });

  test('1,000 columns: rows and pictures only as far as one looks', async () => {
    const { page, errors } = await show(await wide(1000));
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(nodes < 6000, `${nodes} nodes at the start`);
    assert.ok(await page.locator('table.columns .picture svg').count() <= 60, 'pictures of rows out of sight wait');
    assert.equal(await page.locator('.counter').textContent(), '1,000 columns');
    await page.getByLabel('Find a column').fill('column_0999');
    assert.deepEqual(await names(page), ['column_0999'], 'all of them can be found');
    await page.getByLabel('Find a column').fill('');
    const before = await page.locator('tr.row').count();
    await page.locator('.more').scrollIntoViewIfNeeded();
    await page.waitForFunction((count) => document.querySelectorAll('tr.row').length > count, before);
    assert.deepEqual(errors, []);
  });

  test('dark where the system is dark, and by the button, kept for the next visit', async () => {
    const { page } = await show(await sample('wine'), { colorScheme: 'dark' });
    const theme = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
    const [name, dark] = await theme();
    assert.equal(name, 'dark');
    await page.getByRole('button', { name: 'Switch to the light theme' }).click();
    const [other, light] = await theme();
    assert.equal(other, 'light');
    assert.notEqual(light, dark);
    assert.equal(await page.evaluate(() => localStorage.getItem('kedge-theme')), 'light');
  });

  test('paper: light, no controls, drifted columns open, charts drawn', async () => {
    // A4 between margins of 12 mm is 703 CSS pixels wide.
    const { page } = await show(await sample('wine'), { colorScheme: 'dark', viewport: { width: 703, height: 1000 } });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.locator('.detail-row').first().waitFor();
    assert.equal(await page.locator('.detail-row').count(), 4, 'as many as drifted');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
    assert.equal(await page.locator('.toolbar').isVisible(), false);
    assert.equal(await overflow(page), 0, 'nothing is cut off at the right');
    assert.equal(await page.locator('.picture:not(:has(svg))').count(), 0, 'every picture is there');
    assert.equal(await page.locator('.chart:not(:has(svg))').count(), 0, 'every chart is there');
  });

  test('null is a dash with its reason, and hostile names stay text', async () => {
    const { page, errors } = await show(await sample('edge'));
    assert.equal(await page.locator('.column-name').first().textContent(), '<!--<script>alert(1)</script>');
    assert.equal(await page.locator('.chip', { hasText: 'Not applicable' }).count(), 1);
    await page.locator('.opener').first().click();
    assert.equal(await page.locator('.reading').getByText('not applicable: all values are missing in the current data').isVisible(), true);
    const text = await page.locator('body').textContent();
    for (const word of ['NaN', 'undefined', 'Infinity', '[object']) assert.ok(!text.includes(word), word);
    assert.deepEqual(errors, []);
  });

  test('full precision is in the title', async () => {
    const document = await sample('wine');
    const { page } = await show(document);
    assert.equal(await page.locator('.cell-score .num').first().getAttribute('title'), String(document.columns[0].drift[0].score));
  });

  test('model quality: confusion, curves and segments; or errors and their bias', async () => {
    const churn = await show(await sample('churn'));
    const { confusion } = (await sample('churn')).classification.current;
    const cells = await churn.page.locator('table.confusion').first().locator('.heat').allTextContents();
    assert.deepEqual(cells.map((text) => Number(text.replace(',', ''))), confusion.flat());
    for (const title of ['ROC curve', 'Precision and recall', 'Calibration', 'Gain'])
      assert.equal(await churn.page.locator('figcaption', { hasText: title }).count(), 1, title);
    assert.equal(await churn.page.getByText('contract = One year').count(), 1);
    assert.equal(await churn.page.locator('#fairness').count(), 1);
    const bikes = await show(await sample('bikes'));
    for (const title of ['Predicted against actual', 'Errors against normal quantiles'])
      assert.equal(await bikes.page.locator('figcaption', { hasText: title }).count(), 1, title);
    assert.equal(await bikes.page.getByText('Where the errors are').count(), 1);
  });

  test('a page without document says so', async () => {
    const html = (await pageHtml('report')).replace('@KEDGE_REPORT@', 'not json');
    const { page } = await open(browser, html);
    assert.equal(await page.locator('h1').textContent(), 'This report cannot be shown');
  });
});
