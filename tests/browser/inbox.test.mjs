// The sandbox's inbox, as a newcomer uses it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { DESKTOP, PHONE, accessible, alerts, clean, demo, end, open, post, until } from './harness.mjs';

let larkhook;
before(async () => { larkhook = await demo('--locale', 'en'); });
after(async () => { await larkhook?.stop(); await end(); });

const CHAT = 'oc_00000000000000000000000000000001';
const alert = (json) => post(`${larkhook.url}/hook/alertmanager`, json);
const message = async (title) => until(async () => {
  const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages?q=${title}`)).json();
  return messages[0];
});

for (const [size, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  test(`an incident fires, changes and is resolved while one looks, on a ${size}`, async () => {
    const { page, context, seen } = await open({ viewport });
    const name = `Live${size}`;
    await page.goto(larkhook.sandbox);
    await alert(alerts(name, [{ labels: { severity: 'critical', instance: 'db-1' }, annotations: { summary: 'disk is full' } }]));
    const { chat_id: chat } = await message(name);
    const row = page.locator(`.chats a[data-chat="${chat}"]`);
    await row.filter({ hasText: name }).waitFor();
    await row.click();
    const card = page.locator('article.message').filter({ hasText: name });
    await card.getByText('disk is full').first().waitFor();
    await alert(alerts(name, [
      { labels: { severity: 'critical', instance: 'db-1' }, annotations: { summary: 'disk is full' } },
      { labels: { severity: 'critical', instance: 'db-2' }, annotations: { summary: 'disk is full' } },
    ]));
    await card.getByText(/edited ×1/).waitFor();
    await card.locator('.topic').getByText('db-2').waitFor();
    await alert(alerts(name, [
      { labels: { severity: 'critical', instance: 'db-1' }, annotations: { summary: 'disk is full' }, resolved: true },
      { labels: { severity: 'critical', instance: 'db-2' }, annotations: { summary: 'disk is full' }, resolved: true },
    ]));
    await card.getByText('resolved').first().waitFor();
    assert.equal(await page.locator('article.message').filter({ hasText: name }).count(), 1, 'one card');
    clean(seen);
    await context.close();
  });
}

test('what stands behind a message: versions, their difference, the exact call', async () => {
  const { page, context, seen } = await open();
  await alert(alerts('Behind', [{ labels: { severity: 'warning' } }]));
  const sent = await message('Behind');
  await alert(alerts('Behind', [{ labels: { severity: 'warning' } }, { labels: { severity: 'warning', instance: 'b' } }]));
  await page.goto(`${larkhook.sandbox}/inbox/message/${sent.message_id}`);
  const details = page.getByRole('complementary', { name: 'Message details' });
  await details.locator('.versions li').nth(1).waitFor();
  await details.locator('.diff ins').first().waitFor();
  await details.getByText('Request and answer').click();
  const wire = await details.locator('pre.wire').first().textContent();
  assert.match(wire, /^PATCH \/open-apis\/im\/v1\/messages\//);
  assert.match(wire, /authorization: Bearer t-/i);
  await details.getByRole('link', { name: '#1' }).click();
  await details.getByText('This is not the newest version.').waitFor();
  await details.getByText('Request and answer').click();
  assert.match(await details.locator('pre.wire').first().textContent(), /^POST \/open-apis\/im\/v1\/messages\?receive_id_type=chat_id/);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await details.getByRole('button', { name: 'Copy as curl' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl -X POST 'http:/);
  clean(seen);
  await context.close();
});

test('the plug is pulled, and put back in', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.sandbox}/inbox/chaos`);
  await page.getByRole('button', { name: /Pull the plug: 503/ }).click();
  await page.getByText('The platform is down').waitFor();
  await alert(alerts('Unplugged', [{ labels: { severity: 'critical' } }]));
  await page.locator('tr.bad', { hasText: '503' }).first().waitFor();
  const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages?q=Unplugged`)).json();
  assert.equal(messages.length, 0);
  await page.getByRole('button', { name: 'Plug it in again' }).click();
  await page.getByText('The platform is up.').waitFor();
  await message('Unplugged');
  clean(seen);
  await context.close();
});

test('a fault from the form happens as often as it says', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.sandbox}/inbox/chaos`);
  await page.getByLabel('Endpoint', { exact: true }).selectOption('send');
  await page.getByLabel('Code', { exact: true }).fill('230020');
  await page.getByLabel('How many times').fill('1');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.locator('.faults li', { hasText: '230020' }).waitFor();
  await alert(alerts('Limited', [{ labels: { severity: 'critical' } }]));
  await message('Limited');
  await until(async () => (await page.locator('.faults li').count()) === 0);
  await page.goto(`${larkhook.sandbox}/inbox/calls`);
  await page.locator('tr.bad', { hasText: '230020' }).first().getByRole('link').click();
  await page.getByRole('heading', { name: 'What it wanted to say' }).waitFor();
  await page.locator('.drawn').getByText('Limited').first().waitFor();
  clean(seen);
  await context.close();
});

test('chats and people come and go', async () => {
  const { page, context, seen } = await open();
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${larkhook.sandbox}/inbox/world`);
  const form = page.locator('form').filter({ hasText: 'Add a person' });
  await form.getByLabel('Name').fill('Zoë <b>O’Neil</b>');
  await form.getByLabel('E-mail').fill('zoe@example.com');
  await form.getByRole('button', { name: 'Add' }).click();
  const row = page.locator('tr', { hasText: 'zoe@example.com' });
  await row.getByText('Zoë <b>O’Neil</b>').waitFor();
  await row.getByRole('button', { name: 'Remove' }).click();
  await until(async () => (await row.count()) === 0);
  clean(seen);
  await context.close();
});

test('with the keyboard alone', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.sandbox}/inbox`);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('href') ?? document.activeElement?.textContent?.trim());
  await page.keyboard.press('Tab');
  assert.equal(await focused(), '#content', 'the first stop skips the menu');
  await page.keyboard.press('Enter');
  for (let n = 0; n < 10 && !(await focused())?.startsWith('/inbox/chat/'); n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/inbox\/chat\//);
  for (let n = 0; n < 60 && !(await focused())?.includes('?m='); n++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Message details' }).waitFor();
  clean(seen);
  await context.close();
});

test('language and colours are kept', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.sandbox}/inbox`);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('link', { name: '收件箱', exact: true }).waitFor();
  await page.getByRole('button', { name: /跟随系统/ }).click();
  await until(() => page.evaluate(() => document.documentElement.dataset.theme === 'dark'));
  await page.goto(`${larkhook.sandbox}/inbox/world`);
  assert.equal(await page.evaluate(() => document.documentElement.lang + document.documentElement.dataset.theme), 'zh-CNdark');
  clean(seen);
  await context.close();
});

test('everybody can use every page', async () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [DESKTOP, PHONE]) {
      const { page, context, seen } = await open({ colorScheme, viewport });
      const { message_id: id } = await message('Behind');
      for (const path of ['/inbox', `/inbox/chat/${CHAT}`, `/inbox/message/${id}`, '/inbox/calls', '/inbox/chaos', '/inbox/world']) {
        await page.goto(larkhook.sandbox + path);
        await accessible(page);
      }
      clean(seen);
      await context.close();
    }
  }
});
