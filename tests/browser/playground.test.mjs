// The playground, as the author of a template uses it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { DESKTOP, PHONE, accessible, alerts, clean, demo, end, open, post, until } from './harness.mjs';

let larkhook;
before(async () => { larkhook = await demo('--locale', 'en'); });
after(async () => { await larkhook?.stop(); await end(); });

const BROKEN = '{"schema":"2.0","header":{"title":{"tag":"plain_text","content":"{{title}}"}},\n"body":{"elements":[\n{"tag":"markdown","content":"{{nosuchhelper x}}"}\n]}}';

test('an error stands at its line, and once it is mended the card is drawn', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/playground`);
  const results = page.locator('#results');
  await results.getByText('HighErrorRate').first().waitFor();
  for (const title of ['this payload', 'everything fires', 'after a change', 'when all is over']) await results.getByRole('heading', { name: title }).waitFor();
  const text = page.getByLabel('Text of the template');
  await text.fill(BROKEN);
  await page.locator('#findings li.error', { hasText: ':3:' }).first().waitFor();
  assert.match(await page.locator('#painted mark.error').first().textContent(), /nosuchhelper/);
  assert.ok(await results.evaluate((element) => element.classList.contains('stale')), 'the last drawing stays, greyed');
  await page.locator('#findings button').first().click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  await text.fill(BROKEN.replace('{{nosuchhelper x}}', '**{{labels.service}}** is mended'));
  await results.getByText('checkout is mended').first().waitFor();
  assert.equal(await page.locator('#findings li.error').count(), 0);
  await page.getByText('The data that templates see').click();
  await text.evaluate((element) => element.setSelectionRange(0, 0));
  await page.locator('details.tree').getByRole('button', { name: 'groupKey', exact: true }).click();
  assert.match(await text.inputValue(), /^\{\{groupKey\}\}/);
  clean(seen);
  await context.close();
});

test('a real payload can be picked', async () => {
  const { page, context, seen } = await open();
  await post(`${larkhook.url}/hook/alertmanager`, alerts('Picked', [{ labels: { severity: 'critical' } }]));
  await page.goto(`${larkhook.url}/console/playground`);
  await page.getByLabel('Payload').selectOption({ index: 1 });
  await page.locator('#results').getByText('Picked').first().waitFor();
  clean(seen);
  await context.close();
});

test('what is drawn is sent, after a confirmation', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/playground`);
  const result = page.locator('#results .result').last();
  await result.getByLabel('Send to').fill('chat:oc_tried');
  const asked = [];
  page.once('dialog', (dialog) => { asked.push(dialog.message()); dialog.dismiss(); });
  await result.getByRole('button', { name: 'Send' }).click();
  page.once('dialog', (dialog) => { asked.push(dialog.message()); dialog.accept(); });
  await result.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Sent', { exact: true }).waitFor();
  assert.deepEqual(asked, Array(2).fill('Really send this message to chat:oc_tried?'));
  const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages?chat=oc_tried`)).json();
  assert.equal(messages.length, 1, 'not without the confirmation');
  clean(seen);
  await context.close();
});

test('without leave to save it is downloaded', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/playground`);
  await page.locator('#results').getByText('HighErrorRate').first().waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
  assert.equal(download.suggestedFilename(), 'incident.card.hbs');
  clean(seen);
  await context.close();
});

test('hostile text in template and payload does not run', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/playground`);
  await page.locator('#results').getByText('HighErrorRate').first().waitFor();
  await page.getByLabel('Text of the template').fill('<img src=x onerror=window.ran=1>"><script>window.ran=1</script>{{#if');
  await page.locator('#findings li').first().waitFor();
  await page.getByLabel("A webhook's body").fill('{"x": "<img src=x onerror=window.ran=1>"');
  await page.getByText('The payload is not JSON').waitFor();
  assert.equal(await page.evaluate(() => window.ran), undefined);
  clean(seen);
  await context.close();
});

test('everybody can use it', async () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [DESKTOP, PHONE]) {
      const { page, context, seen } = await open({ colorScheme, viewport });
      await page.goto(`${larkhook.url}/console/playground`);
      await until(() => page.locator('#results .result').first().isVisible());
      await accessible(page);
      clean(seen);
      await context.close();
    }
  }
});
