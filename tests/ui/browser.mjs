/** Chromium for the tests: one browser a test file, a fresh context a page, everything that goes wrong kept. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** The folder with the built pages. */
const dist = process.env.KEDGE_UI_DIST ?? path.join(here, '../../ui/dist');

/** Why the tests cannot run here, or false: for node:test's `skip`. */
export const cannotRun = !existsSync(executablePath) ? `no Chromium at ${executablePath} (CHROMIUM names another)`
  : !existsSync(path.join(dist, 'report.html')) ? `no built pages in ${dist} (npm run build in ui/)` : false;

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export function launch() {
  return chromium.launch({ executablePath, args: FLAGS });
}

export function pageHtml(name) {
  return readFile(path.join(dist, `${name}.html`), 'utf8');
}

export async function sample(name) {
  return JSON.parse(await readFile(path.join(here, '../../ui/sample', `${name}.json`), 'utf8'));
}

/** The report page around a document, escaped as the program does it. */
export async function reportHtml(document) {
  const json = JSON.stringify(document).replaceAll('<', '\\u003c');
  return (await pageHtml('report')).replace('@KEDGE_REPORT@', () => json);
}

const ORIGIN = 'http://kedge.test';

/** Opens `html` at ORIGIN with `routes` ({path: [status, type, body]}) beside it. Whatever else the page asks for is
 *  refused and listed in `requests`; its console errors and exceptions are listed in `errors`. */
export async function open(browser, html, { hash = '', routes = {}, at = '/', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const found = { page, context, requests: [], errors: [] };
  page.on('console', (message) => message.type() === 'error' && found.errors.push(message.text()));
  page.on('pageerror', (error) => found.errors.push(String(error)));
  let isLoaded = false;
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (!isLoaded && url.pathname === at) {
      isLoaded = true;
      return route.fulfill({ contentType: 'text/html', body: html });
    }
    const answer = routes[url.pathname + url.search] ?? routes[url.pathname];
    if (answer) {
      const [status, contentType, body] = typeof answer === 'function' ? answer(route.request()) : answer;
      return route.fulfill({ status, contentType, body });
    }
    found.requests.push(url.href);
    return route.abort();
  });
  await page.goto(ORIGIN + at + hash);
  return found;
}

/** What axe-core finds, as lines of "rule: element". Evaluated from outside, so that the page's policy does not matter. */
export async function accessibilityViolations(page) {
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
