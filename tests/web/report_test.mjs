// Opens the HTML report in headless Chromium: no console error, nothing requested, the verdict visible also without the
// script, sorting, filtering, paging, light and dark, phone width and 50,000 rows. Screenshots go to tests/out/.
//
// Usage: node tests/web/report_test.mjs REPORT_TEST     (the built report_test, which writes the pages)
// Needs Debian's chromium and what tests/web/package.json names in build/node-report (installed when missing).
import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const modules = join(root, 'build/node-report');
const out = join(root, 'tests/out/report');
const program = resolve(process.argv[2] ?? join(root, 'build/release/src/report_test'));

if (!existsSync(join(modules, 'node_modules/playwright-core'))) {
  mkdirSync(modules, {recursive: true});
  copyFileSync(join(root, 'tests/web/package.json'), join(modules, 'package.json'));
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts'], {cwd: modules, stdio: 'inherit'});
}
const {chromium} = createRequire(join(modules, 'package.json'))('playwright-core');
execFileSync(program, ['--gtest_filter=Html.ListsTheSevereFirstAndSomeOfEveryRule'], {env: {...process.env, TOCSIN_WEB_PAGES: out}, stdio: 'ignore'});

let passed = 0, failed = 0;
const check = (holds, what) => {
  if (holds) ++passed;
  else {
    ++failed;
    console.log(`FAILED ${what}`);
  }
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const open = async (name, options = {}) => {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith('file://')) problems.push(`request: ${request.url()}`); });
  await page.goto(pathToFileURL(join(out, name)).href);
  return {page, problems, context};
};
const rows = (page) => page.locator('#explorer tbody tr.row').count();
const text = (page, selector) => page.locator(selector).innerText();

{
  const {page, problems, context} = await open('sample.html');
  check(await page.getByText('Forged requests were answered with success').isVisible(), 'the verdict is visible');
  check((await page.title()).startsWith('Compromised'), 'the title is the verdict');
  check(await page.locator('.verdict').first().evaluate((node) => node.getBoundingClientRect().top < 700), 'the first verdict needs no scrolling');
  check(await rows(page) === 3, 'all detections are listed');
  check((await text(page, '#explorer tbody tr.row >> nth=0')).includes('not known'), 'a detection without a time is listed first');

  await page.fill('#search', 'whoami');
  await page.waitForFunction(() => document.querySelectorAll('#explorer tbody tr.row').length === 1);
  check((await text(page, '#matches')).startsWith('1 of 3'), 'search finds a value of a field');
  await page.fill('#search', 'no such thing');
  await page.waitForFunction(() => document.querySelector('.none-found'));
  check(await page.locator('.none-found').isVisible(), 'an empty result says so');
  await page.getByRole('button', {name: 'Reset'}).click();
  check(await rows(page) === 3, 'reset shows all again');
  await page.locator('.chips .critical').click();
  check(await rows(page) === 1, 'a level chip filters');
  await page.locator('.chips .critical').click();
  await page.selectOption('#explorer select >> nth=1', {label: 'SRV-EX1'});
  check(await rows(page) === 2, 'the host filter filters');
  await page.getByRole('button', {name: 'Reset'}).click();

  const level = page.locator('#explorer th.c-level');
  await level.getByRole('button').click();
  check(await level.getAttribute('aria-sort') === 'descending', 'sorting says its direction');
  check((await text(page, '#explorer tbody tr.row >> nth=0')).includes('critical'), 'the most severe come first');
  await level.getByRole('button').click();
  check((await text(page, '#explorer tbody tr.row >> nth=0')).includes('high'), 'and last when turned round');

  const opener = page.locator('#explorer .open').first();
  await opener.focus();
  await page.keyboard.press('Enter');
  check(await opener.getAttribute('aria-expanded') === 'true', 'a row opens from the keyboard');
  check((await text(page, '.expanded')).toLowerCase().includes('what matched'), 'an open row shows what matched');
  const shown = await page.locator('#explorer tbody').innerText();
  check(!/[\u0000-\u0008\u000e-\u001f\u202e]/.test(shown), 'no control or direction character is shown');
  await page.getByRole('button', {name: 'Reset'}).click();
  await page.locator('#explorer .open').nth(2).click();
  check((await text(page, '.expanded')).includes('</script><script>alert'), 'hostile markup is shown as text');
  check((await text(page, '.expanded')).includes('invoice_\\u{202e}fdp.exe'), 'a direction mark is shown as an escape');

  const events = page.locator('#rules-table th').nth(2).getByRole('button');
  await events.click();
  check((await text(page, '#rules-table tbody tr >> nth=0')).includes('Suspicious child'), 'the rules sort by count');
  await page.fill('[data-filter="rules-table"]', 'logons');
  check(await page.locator('#rules-table tbody tr:visible').count() === 1, 'the rules filter');
  await page.fill('[data-filter="rules-table"]', '');
  await page.locator('#rules-table summary').first().click();
  await page.locator('.show-rule').first().click();
  check(await rows(page) === 2, 'a rule leads to its detections');

  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.locator('#theme').click();
  check(await ground() !== light, 'the theme button changes the theme');
  await page.locator('#theme').click();
  check(await ground() === light, 'and back');
  const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map((node) => node.id));
  check(new Set(ids).size === ids.length, 'every id once');
  check(await page.evaluate(() => [...document.querySelectorAll('input,select,button')].every((node) => node.labels?.length || node.getAttribute('aria-label') || node.textContent.trim())), 'every control has a name');
  check(await page.evaluate(() => document.querySelectorAll('h1').length === 1 && document.querySelectorAll('main h2').length >= 6), 'headings');
  await page.getByRole('button', {name: 'Reset'}).click();
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({path: join(out, 'report-light.png'), fullPage: true});
  await page.pdf({path: join(out, 'report.pdf'), format: 'A4'});
  check(problems.length === 0, `no console error: ${problems}`);
  await context.close();
}
{
  const {page, problems, context} = await open('sample.html', {colorScheme: 'dark'});
  await page.screenshot({path: join(out, 'report-dark.png'), fullPage: true});
  check(problems.length === 0, `dark: ${problems}`);
  await context.close();
}
{
  const {page, problems, context} = await open('sample.html', {viewport: {width: 390, height: 844}, deviceScaleFactor: 2});
  check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a phone scrolls down, not sideways');
  await page.screenshot({path: join(out, 'report-phone.png'), fullPage: true});
  check(problems.length === 0, `phone: ${problems}`);
  await context.close();
}
{
  const {page, problems, context} = await open('sample.html', {javaScriptEnabled: false});
  check(await page.getByText('Forged requests were answered with success').isVisible(), 'the verdict needs no script');
  check(await page.locator('#rules-table tbody tr').count() === 3, 'nor do the rules');
  check(problems.length === 0, `without script: ${problems}`);
  await context.close();
}
{
  const {page, problems, context} = await open('empty.html');
  check(await page.getByText('Nothing was read').isVisible(), 'an empty hunt is not called clean');
  check(problems.length === 0, `empty: ${problems}`);
  await context.close();
}
{
  const begin = Date.now();
  const {page, problems, context} = await open('noisy.html');
  await page.waitForSelector('#explorer tr.row');
  const loaded = Date.now() - begin;
  check(loaded < 15000, `50,000 rows load in ${loaded} ms`);
  check((await text(page, '#matches')).startsWith('50,000'), '50,000 detections are listed');
  check(await rows(page) === 100, 'a page has 100 rows');
  await page.getByRole('button', {name: 'Next'}).click();
  check((await text(page, '.pager')).includes('Page 2 of 500'), 'paging');
  const typed = Date.now();
  await page.fill('#search', 'host7.corp user3');
  await page.waitForFunction(() => document.querySelector('#matches').textContent.includes(' of '));
  check(Date.now() - typed < 5000, `search over 50,000 rows took ${Date.now() - typed} ms`);
  check(problems.length === 0, `noisy: ${problems}`);
  console.log(`50,000 rows: loaded in ${loaded} ms, searched in ${Date.now() - typed} ms`);
  await context.close();
}
await browser.close();
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
