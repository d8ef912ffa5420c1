// Who is let in, by the form of a browser.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PHONE, accessible, clean, end, open, until } from './harness.mjs';

const LARKHOOK = resolve(process.env.LARKHOOK_BIN ?? new URL('../../target/debug/larkhook', import.meta.url).pathname);
// "open sesame", argon2id with little work: it is a test's.
const HASH = '$argon2id$v=19$m=8,t=1,p=1$XZBQNsnce9Vy3tTAaBLREg$ZdKaO4SB5pX3QGyydkl6cuPixb0pS/LIKuloltA/pXc';
let folder;
let larkhook;
let url;

const free = () => new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => found(port)); });
});

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'larkhook-login-'));
  const port = await free();
  url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, 'larkhook.yaml'), `
storage: sqlite:larkhook.db
fallback: default
server:
  listen: 127.0.0.1:${port}
  auth: { users: { li: '${HASH}' } }
feishu: { apps: { ops: { app_id: cli_a, app_secret: s, platform: sandbox } } }
sources: { am: { kind: alertmanager, auth: none } }
route: { receiver: default }
receivers: [{ name: default, send: [{ to: 'chat:oc_00000000000000000000000000000001' }] }]
`);
  larkhook = spawn(LARKHOOK, ['serve', '-c', join(folder, 'larkhook.yaml')], { stdio: 'ignore' });
  await until(async () => (await fetch(`${url}/-/healthy`)).ok);
});

after(async () => {
  if (larkhook && larkhook.exitCode === null) { larkhook.kill('SIGTERM'); await once(larkhook, 'exit'); }
  if (folder) rmSync(folder, { recursive: true, force: true });
  await end();
});

test('refused, then granted, then out again', async () => {
  const { page, context, seen } = await open();
  await page.goto(`${url}/console/deliveries?state=dead`);
  await page.waitForURL(/\/login\?/);
  await page.getByLabel('User').fill('li');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('User or password is wrong.').waitFor();
  assert.equal((await context.cookies()).length, 0);
  await page.getByLabel('User').fill('li');
  await page.getByLabel('Password').fill('open sesame');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Deliveries and dead letters' }).waitFor();
  assert.match(page.url(), /\/console\/deliveries\?state=dead$/, 'where one wanted to go');
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);
  await page.goto(`${url}/console/audit`);
  await page.locator('tr.bad', { hasText: 'login_refused' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(/\/login/);
  await page.goto(url);
  await page.waitForURL(/\/login/);
  clean(seen, [/401/]);
  await context.close();
});

test('another site\'s page changes nothing with the session', async () => {
  const answer = await fetch(`${url}/-/reload`, { method: 'POST', headers: { origin: 'https://evil.example' } });
  assert.ok([401, 403].includes(answer.status));
});

test('everybody can log in', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, context, seen } = await open({ colorScheme, viewport: PHONE });
    await page.goto(`${url}/login`);
    await accessible(page);
    clean(seen);
    await context.close();
  }
});
