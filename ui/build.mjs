/** Builds each page to one HTML file with its script and style inside: `node build.mjs [--out FOLDER] [PAGE...]`.
 *  `--depfile FILE --target NAME` also writes what NAME was made from, for make and ninja.
 *
 * The page's Content-Security-Policy allows exactly its own script, by hash, and no address to load anything from. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

const root = path.dirname(fileURLToPath(import.meta.url));

/** What a page may connect to. The report is opened from disk and mailed around: nothing. */
const PAGES = { report: "'none'", docs: "'self'", index: "'self'" };

const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: path.join(root, 'dist') }, depfile: { type: 'string' }, target: { type: 'string' } },
  allowPositionals: true });
const pages = positionals.length > 0 ? positionals : Object.keys(PAGES);

const sources = new Set();

await mkdir(values.out, { recursive: true });
for (const page of pages) {
  const html = await buildPage(page);
  await writeFile(path.join(values.out, `${page}.html`), html);
  console.log(`${page}.html ${(Buffer.byteLength(html) / 1000).toFixed(0)} kB`);
}
if (values.depfile) {
  const escaped = [...sources].map((file) => file.replaceAll(' ', '\\ '));
  await writeFile(values.depfile, `${values.target}: ${escaped.join(' ')}\n`);
}

async function buildPage(page) {
  const { output } = await build({
    root, configFile: false, logLevel: 'warn',
    build: {
      write: false, target: 'es2022', modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
      rollupOptions: { input: path.join(root, `${page}.html`), output: { codeSplitting: false } },
    },
  });
  const scripts = output.filter((file) => file.type === 'chunk');
  // Ids of virtual modules start with a NUL, or carry a query.
  for (const id of scripts.flatMap((chunk) => chunk.moduleIds)) if (id.startsWith(root)) sources.add(id.split('?')[0]);
  const styles = output.filter((file) => file.fileName.endsWith('.css'));
  const template = output.find((file) => file.fileName.endsWith('.html'));
  if (scripts.length !== 1 || styles.length !== 1 || !template)
    throw new Error(`${page}: expected one script, one style and one page, got ${output.map((file) => file.fileName)}`);
  return inline(String(template.source), scripts[0].code, String(styles[0].source), PAGES[page]);
}

/** Replacements are functions because code is full of `$&`, which a replacement text would expand. */
function inline(template, script, style, connect) {
  // A closing tag inside a string of the script would end it early.
  const code = script.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const hash = createHash('sha256').update(code).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; ` +
    `connect-src ${connect}; base-uri 'none'; form-action 'none'`;
  const page = template
    .replace(/\s*<script type="module"[^>]*><\/script>/, '')
    .replace(/\s*<link rel="stylesheet"[^>]*>/, '')
    .replace('<meta charset="utf-8">', (meta) =>
      `${meta}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .replace('</head>', () => `<style>${style.trim()}</style>\n<script type="module">${code}</script>\n</head>`);
  if (/<(script|link|img)[^>]+(src|href)="(?!data:)/.test(page.replace(code, ''))) throw new Error('the page loads something');
  return page;
}
