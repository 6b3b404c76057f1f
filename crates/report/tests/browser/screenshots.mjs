// The pictures of the documentation.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { launch, open } from './browser.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const browser = await launch();
async function picture(name, page, options, prepare) {
  const opened = await open(browser, page, options);
  await prepare?.(opened);
  await opened.waitForTimeout(300);
  await opened.screenshot({ path: path.join(folder, `${name}.png`) });
  await opened.context().close();
}
await picture('audit-overview', 'example', { viewport: { width: 1280, height: 800 } });
await picture('audit-guardrails', 'example', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  (page) => page.evaluate(() => document.querySelector('.matrix').closest('.scroll').scrollIntoView()));
await picture('audit-hole', 'example', { viewport: { width: 1280, height: 800 } }, async (page) => {
  await page.evaluate(() => document.querySelector('.matrix').closest('.scroll').scrollIntoView());
  await page.locator('.matrix .mark.hole').first().click();
});
await browser.close();
