// Makes the pictures of the README: node tests/browser/screenshots.mjs (after scripts/test, which installs what it needs).
import { mkdirSync } from 'node:fs';
import { demo, end, open, until } from './harness.mjs';

const folder = new URL('../../docs/images/', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

for (const [lang, locale] of [['en', 'en-GB'], ['zh', 'zh-CN']]) {
  const larkhook = await start(lang);
  const { page, context } = await open({ locale, viewport: { width: 1280, height: 820 }, colorScheme: 'light' });
  const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages?q=HighErrorRate`)).json();
  await shoot(page, `${larkhook.sandbox}/inbox/message/${messages[0].message_id}`, `inbox-${lang}`);
  const { items } = await (await fetch(`${larkhook.url}/api/v1/incidents?text=HighErrorRate`)).json();
  await shoot(page, `${larkhook.url}/console/incidents/${items[0].id}`, `incident-${lang}`);
  await page.goto(`${larkhook.url}/console/playground`);
  await page.locator('#results .result').first().waitFor();
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${folder}playground-${lang}.png` });
  await context.close();
  await larkhook.stop();
}
await end();

/** A demo whose story is as far as two cards that fire. */
async function start(lang) {
  const larkhook = await demo('--locale', lang);
  const { alerts, post } = await import('./harness.mjs');
  const words = { en: 'Checkout answers 5xx to more than 5 % of requests', zh: '结账接口 5xx 超过 5%' };
  const one = (instance) => ({ labels: { severity: 'critical', cluster: 'prod-shanghai', service: 'checkout', instance }, annotations: { summary: words[lang], runbook_url: 'https://runbooks.example.com/HighErrorRate' } });
  const hook = `${larkhook.url}/hook/alertmanager`;
  await post(hook, alerts('HighErrorRate', [one('checkout-2'), one('checkout-3')]));
  const edited = (n) => until(async () => {
    const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages?q=HighErrorRate`)).json();
    return messages[0]?.versions.length >= n;
  });
  await edited(1);
  await post(hook, alerts('HighErrorRate', [one('checkout-2'), one('checkout-3'), one('checkout-4')]));
  await edited(2);
  await until(async () => (await (await fetch(`${larkhook.url}/api/v1/now`)).json()).stats.ready === 0);
  return larkhook;
}

async function shoot(page, address, name) {
  await page.goto(address);
  await page.waitForTimeout(800);
  await page.screenshot({ path: `${folder}${name}.png` });
}
