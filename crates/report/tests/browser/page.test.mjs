// The page of an audit in a browser. The pages were left by the tests of the crate.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, launch, open } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

async function withPage(name, options, body) {
  const page = await open(browser, name, options);
  try {
    await body(page);
    assert.deepEqual(page.faults, []);
  } finally {
    await page.context().close();
  }
}

const text = (page, selector) => page.locator(selector).innerText();

for (const name of ['example', 'large', 'hostile', 'small']) {
  test(`${name} loads without errors, and asks the network for nothing`, () => withPage(name, {}, async (page) => {
    assert.match(await page.title(), /^SCP audit – o-/);
    assert.equal(await page.locator('html.ready').count(), 1);
    const widths = [];
    for (const width of [360, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) widths.push([width, over]);
    }
    assert.deepEqual(widths, [], 'the page is wider than the window');
    console.log(`${name}: shown after ${Math.round(page.loadTime)} ms`);
  }));
}

test('the tree goes by keyboard', () => withPage('example', {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.dataset.node);
  const expanded = () => page.evaluate(() => document.activeElement.getAttribute('aria-expanded'));
  await page.locator('[role="tree"] [tabindex="0"]').focus();
  assert.equal(await focused(), '0');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), '1');
  assert.equal(await expanded(), 'true');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await expanded(), 'false');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const name = await page.evaluate(() => document.activeElement.querySelector('.name').textContent);
  assert.match(await text(page, '.panel h3'), new RegExp(name));
  assert.match(await text(page, '.panel'), /Permission class/i);
  await page.keyboard.press('End');
  const last = await focused();
  await page.keyboard.press('Home');
  assert.equal(await focused(), '0');
  assert.notEqual(last, '0');
  await page.keyboard.press('s');
  assert.match(await page.evaluate(() => document.activeElement.querySelector('.name').textContent), /^s/i);
  assert.equal(await page.locator('[role="tree"] [tabindex="0"]').count(), 1);
}));

test('an account that is found is shown in the tree', () => withPage('large', {}, async (page) => {
  await page.getByLabel('Find an account or OU').fill('200000009999');
  assert.match(await text(page, '#organization .count'), /^1 found/);
  await page.locator('#organization-body').getByRole('button', { name: '-9999' }).click();
  assert.match(await text(page, '.panel'), /200000009999/);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-selected')), 'true');
}));

test('a policy opens from the tree, and focus comes back', () => withPage('example', {}, async (page) => {
  const policy = page.locator('.panel .pills button').first();
  await policy.click();
  assert.match(await text(page, '#drawer pre'), /"Statement"/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#drawer[open]').count(), 0);
  assert.ok(await policy.evaluate((element) => element === document.activeElement));
}));

test('classes open with their accounts, differences and groups', () => withPage('example', {}, async (page) => {
  await page.locator('#classes tbody button').nth(1).click();
  const words = await text(page, '#drawer');
  assert.match(words, /Permission class B/);
  assert.match(words, /Difference from/);
  await page.locator('#drawer details.group > summary').first().click();
  assert.match(await text(page, '#drawer details.group[open]'), /Statements that decide|Because/);
}));

test('services are searched, sorted and opened', () => withPage('example', {}, async (page) => {
  await page.getByLabel('Search services').fill('s3');
  assert.match(await text(page, '#services .count'), /services? in/);
  assert.ok((await page.locator('#services tbody th code').allInnerTexts()).includes('s3'));
  await page.getByLabel('Show the share').selectOption('never');
  await page.locator('#services [data-cell]').first().click();
  assert.match(await text(page, '#drawer'), /never blocked, .* depend, .* always blocked/);
}));

test('guardrails are filtered by state, account and title', () => withPage('example', {}, async (page) => {
  const rows = () => page.locator('.matrix tbody tr').count();
  const all = await rows();
  await page.locator('#guardrails label.chip', { hasText: 'Not applicable' }).click();
  assert.ok(await rows() < all);
  await page.locator('#guardrails label.chip', { hasText: 'Not applicable' }).click();
  assert.equal(await rows(), all);
  const search = page.locator('#guardrails').getByLabel('Search');
  await search.fill('sandbox-alice');
  assert.equal(await rows(), 1);
  await search.fill('guardduty');
  assert.equal(await page.locator('.matrix thead .up').count(), 1);
  assert.equal(await rows(), all);
  await search.fill('no such thing');
  assert.match(await text(page, '#guardrails .empty'), /Nothing fits/);
}));

test('a mark says why, with a command line', () => withPage('example', {}, async (page) => {
  await page.locator('.matrix .mark.hole').first().focus();
  await page.keyboard.press('Enter');
  const words = await text(page, '#drawer');
  assert.match(words, /Calls pass that must be blocked/);
  assert.match(words, /scproof --org org\.json can \d{12} /);
  assert.match(words, /not blocked by SCPs/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.evaluate(() => document.activeElement.matches('[data-cell]')));
}));

test('findings are filtered, and show statement, reason and remedy', () => withPage('example', {}, async (page) => {
  const shown = () => page.locator('#findings .findings:visible .finding').count();
  const all = await page.locator('#findings-body > div .finding').count();
  await page.locator('#findings label.chip', { hasText: 'Low' }).click();
  const low = await page.locator('#findings-body > div .finding:not(.low)').count();
  assert.equal(low, 0);
  assert.ok(await shown() < all);
  const finding = page.locator('#findings-body > div .finding').first();
  await finding.locator('summary').click();
  await page.waitForFunction(() => document.querySelector('.finding[open] .fold'));
  const words = await finding.innerText();
  for (const part of ['Why it matters', 'What to do', 'Attached to', 'Evidence']) assert.match(words, new RegExp(part));
  assert.match(await finding.locator('pre mark').innerText(), /"Effect"/);
  assert.equal(await finding.locator('pre .spot').innerText(), '"Deny"');
  await page.locator('#findings').getByLabel('Search').fill('no such thing');
  assert.match(await text(page, '#findings .empty'), /Nothing fits/);
  assert.match(await text(page, '.suppressed > summary'), /suppressed/);
}));

test('the theme is toggled', () => withPage('small', { colorScheme: 'light' }, async (page) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.locator('#theme').click();
  assert.equal(await background(), light);
  await page.locator('#theme').click();
  assert.match(await text(page, '#theme'), /Dark/);
  assert.notEqual(await background(), light);
}));

test('hostile names stay texts', () => withPage('hostile', {}, async (page) => {
  // Everything that can be opened is opened.
  await page.evaluate(() => {
    for (const item of document.querySelectorAll('[role="treeitem"] .row')) item.click();
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await page.waitForTimeout(200);
  const openers = await page.locator('main button:not(#theme)').count();
  for (let at = 0; at < openers; at += 1) {
    await page.evaluate((place) => document.querySelectorAll('main button:not(#theme)')[place]?.click(), at);
    const inside = await page.evaluate(() => {
      for (const details of document.querySelectorAll('dialog details')) details.open = true;
      const odd = [...document.querySelectorAll('img, iframe, object, embed, link, base, form, style ~ style, script:not(#data) ~ script, [onerror], [onload]')]
        .filter((element) => element.tagName !== 'SCRIPT').map((element) => element.outerHTML);
      const links = [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')).filter((href) => !/^(#|https:\/\/)/.test(href));
      const turned = /[\u202a-\u202e\u2066-\u2069\u0000]/.test(document.body.innerText);
      return { odd, links, turned };
    });
    assert.deepEqual(inside, { odd: [], links: [], turned: false });
  }
  assert.match(await page.title(), /^SCP audit/);
  assert.equal(await page.locator('script').count(), 2);
  assert.match(await page.locator('body').innerText(), /<\/script><img src=x/);
}));

test('ten thousand accounts stay fluid', () => withPage('large', {}, async (page) => {
  const time = (section, value) => page.evaluate(([id, term]) => {
    const input = document.querySelector(`#${id} input[type="search"]`);
    const start = performance.now();
    input.value = term;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    document.body.getBoundingClientRect();
    return performance.now() - start;
  }, [section, value]);
  const times = {};
  for (const [section, value] of [['organization', 'team-4'], ['classes', 'team-40'], ['services', 'ec2'], ['guardrails', 'team-4'], ['findings', 'team-40-'], ['guardrails', '']]) {
    times[`${section} "${value}"`] = Math.round(await time(section, value));
  }
  await page.locator('#guardrails').getByLabel('Rows', { exact: true }).selectOption('accounts');
  times['guardrails by account "prod"'] = Math.round(await time('guardrails', 'prod'));
  assert.match(await text(page, '#guardrails .count'), /accounts, 40 guardrails/);
  await page.locator('#guardrails [data-turn="next"]').click();
  assert.match(await text(page, '#guardrails .pager'), /26–50 of/);
  console.log('milliseconds for a filter:', JSON.stringify(times));
}));

for (const [words, name, options] of [
  ['light', 'example', { colorScheme: 'light' }],
  ['dark', 'example', { colorScheme: 'dark' }],
  ['on a telephone', 'example', { viewport: { width: 360, height: 740 } }],
  ['hostile', 'hostile', {}],
  ['small', 'small', {}],
]) {
  test(`accessible: ${words}`, () => withPage(name, options, async (page) => {
    assert.deepEqual(await accessibilityFaults(page), []);
    const finding = page.locator('#findings-body > div .finding').first();
    if (await finding.count()) {
      await finding.locator('summary').click();
      await page.waitForFunction(() => document.querySelector('.finding[open] .fold'));
      assert.deepEqual(await accessibilityFaults(page), []);
    }
    for (const opener of ['.matrix .mark.hole', '#classes tbody button', '.panel .pills button', '#guardrails .list tbody button']) {
      const control = page.locator(opener).first();
      if (!await control.count()) continue;
      await control.click();
      assert.deepEqual(await accessibilityFaults(page), [], opener);
      await page.keyboard.press('Escape');
    }
  }));
}

test('prints with everything unfolded', () => withPage('example', {}, async (page) => {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  console.log(`printed: ${pages} pages, ${pdf.length} bytes`);
  assert.ok(pages > 5);
  // What was unfolded for paper is folded again.
  assert.equal(await page.locator('#findings .finding[open]').count(), 0);
}));

test('a large page prints too', () => withPage('large', {}, async (page) => {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  console.log(`large, printed: ${pages} pages`);
  assert.ok(pages > 10);
}));

test('a summary without JavaScript', () => withPage('example', { javaScriptEnabled: false }, async (page) => {
  const words = await page.locator('body').innerText();
  for (const part of ['An SCP grants nothing', 'Nobody turns GuardDuty off', 'Root/Workloads', 'exemption-can-be-claimed']) {
    assert.ok(words.includes(part), part);
  }
}));
