// Opens the page of a running server in Chromium and checks what only a browser and a shell can tell.
//
//   node tests/browser/page_test.mjs http://127.0.0.1:8080 [--text TEXT]… [--open PATH]… [--screenshot FILE]
//
// --text: must be readable on the page, letter for letter (names with markup in them, for example).
// --open: another answer of the server, with the word "canary" in it, which the browser is to show as text.
// One line a check, the last one "N passed, N failed"; exit code 0 when nothing failed. $CHROMIUM names
// another browser than Debian's.

import {execFile} from 'node:child_process';
import {parseArgs, promisify} from 'node:util';
import assert from 'node:assert/strict';
import {chromium} from 'playwright-core';

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    text: {type: 'string', multiple: true, default: []},
    open: {type: 'string', multiple: true, default: []},
    screenshot: {type: 'string'},
  },
});
const url = positionals[0];
if (!url) {
  console.error('usage: page_test.mjs URL [--text TEXT]… [--open PATH]… [--screenshot FILE]');
  process.exit(2);
}

let passed = 0;
let failed = 0;
async function check(fact, body) {
  try {
    await body();
    ++passed;
    console.log(`ok - ${fact}`);
  } catch (error) {
    ++failed;
    console.log(`not ok - ${fact}\n${String(error.message ?? error).replace(/^/gm, '    ')}`);
  }
}

/** Loads a page and keeps everything the browser complains about. */
async function open(browser, contextOptions = {}, address = url) {
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  const complaints = [];
  const requested = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', request => requested.push(request.url()));
  const response = await page.goto(address, {waitUntil: 'networkidle'});
  return {page, response, complaints, requested};
}

async function indexedModels() {
  const response = await fetch(new URL('/v2/repository/index', url), {method: 'POST'});
  assert.equal(response.status, 200);
  const names = (await response.json()).map(entry => entry.name);
  return [...new Set(names)].sort();
}

/** Runs a line as a person would who pastes it into a shell. */
async function shell(line) {
  const {stdout} = await promisify(execFile)('sh', ['-c', line],
      {timeout: 20_000, maxBuffer: 64 << 20});
  return stdout;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
const {page, response, complaints, requested} = await open(browser);

await check('the page is HTML with a policy that lets nothing run', async () => {
  assert.equal(response.status(), 200);
  assert.match(response.headers()['content-type'], /^text\/html; *charset=utf-8$/i);
  const policy = response.headers()['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /style-src 'sha256-/);
  assert.doesNotMatch(policy, /unsafe|script-src|\*/);
});

await check('every model of the repository index has its card, in order', async () => {
  assert.deepEqual(await page.locator('.model h2').allTextContents(), await indexedModels());
});

await check('its style is applied', async () => {
  const radius = await page.locator('main > .model').first()
      .evaluate(card => getComputedStyle(card).borderRadius);
  assert.equal(radius, '10px');
});

await check('nothing on it can run', async () => {
  assert.equal(await page.locator('script, img, iframe, object, embed, form').count(), 0);
  const handlers = await page.evaluate(() => [...document.querySelectorAll('*')]
      .flatMap(element => [...element.attributes])
      .filter(attribute => attribute.name.startsWith('on')).length);
  assert.equal(handlers, 0);
});

for (const text of options.text) {
  await check(`shows ${JSON.stringify(text)} as text`, async () => {
    assert.ok((await page.locator('body').textContent()).includes(text));
  });
}

for (const path of options.open) {
  await check(`shows ${path} as text, and nothing of it runs`, async () => {
    const other = await open(browser, {}, new URL(path, url).href);
    assert.match(other.response.headers()['content-type'], /^(application\/json|text\/plain)/);
    assert.match(await other.response.text(), /canary/);
    assert.equal(await other.page.locator('script, img, iframe').count(), 0);
    assert.equal(await other.page.evaluate(() => window.canary), undefined);
    assert.deepEqual(other.complaints.filter(each => each.startsWith('dialog')), []);
    await other.page.context().close();
  });
}

await check('loads nothing but itself', async () => {
  const elsewhere = requested.filter(each => !each.startsWith('data:') && each !== page.url());
  assert.deepEqual(elsewhere, []);
});

await check('nothing on it has run', async () => {
  assert.equal(await page.evaluate(() => window.canary), undefined);
});

await check('the browser has nothing to complain about', async () => {
  assert.deepEqual(complaints, []);
});

await check('a script that got in all the same would not run', async () => {
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.canary = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.canary = true');
    image.src = 'data:,';
    document.body.append(image);
    await new Promise(resolve => setTimeout(resolve, 100));
    script.remove();
    image.remove();
    return window.canary === true;
  });
  assert.equal(ran, false);
});

const lines = await page.locator('pre code').allTextContents();
await check('every model that is ready has a line for the shell', async () => {
  const ready = await page.locator('.model', {has: page.locator('table')}).count();
  assert.ok(lines.length >= ready && ready > 0, `${lines.length} lines for ${ready} models`);
});

for (const line of lines) {
  await check(`works as printed: ${line.slice(0, 100)}`, async () => {
    const answer = JSON.parse(await shell(line));
    assert.ok(Array.isArray(answer.outputs) && answer.outputs.length > 0, JSON.stringify(answer));
  });
}

await check('its links lead somewhere', async () => {
  for (const link of await page.locator('nav a').all()) {
    const target = new URL(await link.getAttribute('href'), url);
    assert.equal((await fetch(target)).status, 200, String(target));
  }
});

await check('it is the same without JavaScript, in the dark and on a telephone', async () => {
  const small = await open(browser,
      {javaScriptEnabled: false, colorScheme: 'dark', viewport: {width: 390, height: 844}});
  assert.deepEqual(await small.page.locator('.model h2').allTextContents(),
                   await page.locator('.model h2').allTextContents());
  const {width} = await small.page.locator('main').boundingBox();
  assert.ok(width <= 390, `main is ${width} pixels wide`);
});

if (options.screenshot) await page.screenshot({path: options.screenshot, fullPage: true});
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
