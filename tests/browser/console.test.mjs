// The console, as an operator uses it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { DESKTOP, PHONE, accessible, alerts, clean, demo, end, open, post, until } from './harness.mjs';

let larkhook;
before(async () => { larkhook = await demo('--locale', 'en'); });
after(async () => { await larkhook?.stop(); await end(); });

const alert = (json) => post(`${larkhook.url}/hook/alertmanager`, json);
const api = async (path) => (await fetch(larkhook.url + path)).json();
const incident = (title) => until(async () => (await api(`/api/v1/incidents?text=${title}`)).items.find((item) => item.title === title));

test('an incident appears while one looks, is acknowledged, and its card says so', async () => {
  const { page, context, seen } = await open();
  await page.goto(larkhook.url);
  await page.getByText('No incident is open.').waitFor();
  await alert(alerts('Watched', [{ labels: { severity: 'critical', instance: 'web-1' }, annotations: { summary: 'it burns' } }]));
  await page.getByRole('link', { name: 'Watched' }).click();
  await page.getByRole('heading', { name: 'Watched' }).waitFor();
  await page.locator('.seen').getByText('it burns').first().waitFor();
  await page.locator('.timeline li.called', { hasText: 'send' }).first().waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('button', { name: 'Unacknowledge' }).waitFor();
  await page.locator('.timeline li.called', { hasText: 'patch' }).first().waitFor();
  await page.getByRole('link', { name: 'body and route' }).first().click();
  await page.getByRole('heading', { name: 'An accepted webhook' }).waitFor();
  await page.locator('.way .node.hit').first().waitFor();
  assert.match(await page.locator('pre#body').textContent(), /"it burns"/);
  clean(seen);
  await context.close();
});

test('a dead letter is found by its reason, retried, and arrives', async () => {
  const { page, context, seen } = await open();
  await post(`${larkhook.sandbox}/_sandbox/faults`, { endpoint: 'send', code: 230022, status: 400 });
  await alert(alerts('Dies', [{ labels: { severity: 'critical' }, annotations: { summary: 'x' } }]));
  await until(async () => (await api('/api/v1/jobs?state=dead')).items.length > 0);
  await page.goto(`${larkhook.url}/console/deliveries`);
  await page.getByLabel('State').selectOption('dead');
  await page.getByLabel('Reason').fill('230022');
  await page.getByRole('button', { name: 'Filter' }).click();
  const row = page.locator('tr', { hasText: 'Dies' });
  await row.getByRole('checkbox').check();
  // Whatever changes meanwhile, the choice stays.
  await alert(alerts('Meanwhile', [{ labels: { severity: 'info' } }]));
  await page.waitForTimeout(2000);
  assert.ok(await row.getByRole('checkbox').isChecked());
  await row.getByRole('link', { name: 'dead letter' }).click();
  await page.getByText('230022').first().waitFor();
  await fetch(`${larkhook.sandbox}/_sandbox/faults`, { method: 'DELETE' });
  await page.getByRole('button', { name: 'Retry', exact: true }).click();
  await page.waitForURL(/incidents/);
  await until(async () => (await api('/api/v1/jobs?state=dead')).items.every(({ title }) => title !== 'Dies'));
  await page.locator('.place, .delivery', { hasText: 'sent' }).first().waitFor();
  clean(seen);
  await context.close();
});

test('what is behind is said, and until when', async () => {
  const { page, context, seen } = await open();
  await page.goto(larkhook.url);
  await post(`${larkhook.sandbox}/_sandbox/outage`, { mode: 'unavailable' });
  await alert(alerts('Behind', [{ labels: { severity: 'critical' } }]));
  await page.getByText('messages to bring up to date').last().waitFor();
  await page.locator('.behind').getByText('cannot reach the platform').first().waitFor();
  await fetch(`${larkhook.sandbox}/_sandbox/outage`, { method: 'DELETE' });
  await until(() => page.locator('.behind').getByText('All messages are up to date.').isVisible(), 60_000);
  clean(seen);
  await context.close();
});

test('the way of an alert lights up in the tree', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/routes`);
  await page.getByLabel('Labels, or').fill('severity=critical\nalertname=X');
  await page.getByRole('button', { name: 'Show the way' }).click();
  await page.locator('.node.hit').first().waitFor();
  await page.getByLabel('Labels, or').fill('neither this nor that');
  await page.getByRole('button', { name: 'Show the way' }).click();
  await page.getByText('neither JSON nor lines').waitFor();
  clean(seen);
  await context.close();
});

test('the configuration is shown without its secrets', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${larkhook.url}/console/configuration`);
  const text = await page.locator('pre#settings').textContent();
  assert.match(text, /"receivers"/);
  assert.doesNotMatch(text, /"app_secret": "(?!\*|<)[^"]+"/);
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByText('Reloaded').waitFor();
  clean(seen);
  await context.close();
});

test('everybody can use every page', async () => {
  const { id } = await incident('Watched');
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of [DESKTOP, PHONE]) {
      const { page, context, seen } = await open({ colorScheme, viewport });
      for (const path of ['/', '/console/incidents', `/console/incidents/${id}`, '/console/deliveries', '/console/routes', '/console/configuration']) {
        await page.goto(larkhook.url + path);
        await accessible(page);
      }
      clean(seen);
      await context.close();
    }
  }
});
