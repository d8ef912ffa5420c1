// A button of a card is pressed as a person; an app made with the official SDK answers with a toast and another card.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { clean, end, open, post, start, until } from './harness.mjs';

const sdkFolder = process.env.LARKHOOK_SDK_NODE;
const skip = sdkFolder ? false : 'LARKHOOK_SDK_NODE does not name a folder with the SDK (scripts/test installs it)';
const CHAT = 'oc_00000000000000000000000000000001';
const APP = { app_id: 'cli_a1b2c3d4e5f60718', app_secret: 's' };

const card = (title, text) => ({
  schema: '2.0',
  header: { title: { tag: 'plain_text', content: title }, template: 'blue' },
  body: { elements: [
    { tag: 'markdown', content: text },
    { tag: 'button', type: 'primary', text: { tag: 'plain_text', content: 'Take it' }, behaviors: [{ type: 'callback', value: { act: 'take' } }] },
    { tag: 'form', name: 'f', elements: [
      { tag: 'input', name: 'why', required: true, label: { tag: 'plain_text', content: 'Why' } },
      { tag: 'button', name: 'send', form_action_type: 'submit', text: { tag: 'plain_text', content: 'Say why' }, behaviors: [{ type: 'callback', value: { act: 'why' } }] },
    ] },
  ] },
});

let sandbox;
const stops = [];
before(async () => { if (!skip) sandbox = await start(['sandbox', '--listen', '127.0.0.1:0']); });
after(async () => { for (const stop of stops) await stop(); await sandbox?.stop(); await end(); });

async function send(title) {
  const { tenant_access_token: token } = await (await post(`${sandbox.url}/open-apis/auth/v3/tenant_access_token/internal`, APP)).json();
  const answer = await fetch(`${sandbox.url}/open-apis/im/v1/messages?receive_id_type=chat_id`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ receive_id: CHAT, msg_type: 'interactive', content: JSON.stringify(card(title, 'open')) }),
  });
  assert.equal((await answer.json()).code, 0);
}

const answered = (title) => (data) => {
  const { action, operator } = data;
  const said = action.value?.act === 'why' ? `because ${action.form_value.why}` : 'taken';
  return { toast: { type: 'success', content: `${said} by ${operator.open_id.slice(0, 3)}` }, card: { type: 'raw', data: card(title, `**${said}**`) } };
};

async function pressed(title) {
  const { page, context, seen } = await open();
  await page.goto(`${sandbox.url}/inbox/chat/${CHAT}`);
  const message = page.locator('article.message', { hasText: title });
  await message.getByRole('button', { name: 'Take it' }).click();
  await page.getByText('taken by ou_').waitFor();
  await message.locator('strong', { hasText: 'taken' }).waitFor();
  await message.getByLabel(/Why/).fill('of the smoke');
  await message.getByRole('button', { name: 'Say why' }).click();
  await page.getByText('because of the smoke by ou_').waitFor();
  await message.locator('strong', { hasText: 'because of the smoke' }).waitFor();
  clean(seen);
  await context.close();
}

test('over HTTP, encrypted and signed', { skip }, async () => {
  const lark = createRequire(`${sdkFolder}/`)('@larksuiteoapi/node-sdk');
  const keys = { encryptKey: 'kitty-hawk-1903', verificationToken: 'vt-alpha' };
  const dispatcher = new lark.EventDispatcher({ ...keys, loggerLevel: lark.LoggerLevel.error }).register({ 'card.action.trigger': answered('By HTTP') });
  const server = createServer(lark.adaptDefault('/card', dispatcher, { autoChallenge: true, needChallenge: true }));
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  stops.push(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/card`;
  await post(`${sandbox.url}/_sandbox/world`, { op: 'update_app', app_id: APP.app_id, callback: { url }, encrypt_key: keys.encryptKey, verification_token: keys.verificationToken });
  await send('By HTTP');
  await pressed('By HTTP');
});

test('over the long connection', { skip }, async () => {
  const lark = createRequire(`${sdkFolder}/`)('@larksuiteoapi/node-sdk');
  await post(`${sandbox.url}/_sandbox/world`, { op: 'update_app', app_id: APP.app_id, callback: 'long_connection', encrypt_key: '', verification_token: '' });
  const client = new lark.WSClient({ appId: APP.app_id, appSecret: APP.app_secret, domain: sandbox.url, loggerLevel: lark.LoggerLevel.error });
  client.start({ eventDispatcher: new lark.EventDispatcher({ loggerLevel: lark.LoggerLevel.error }).register({ 'card.action.trigger': answered('By socket') }) });
  stops.push(() => client.close?.({ force: true }));
  await until(async () => (await (await fetch(`${sandbox.url}/_sandbox/connections`)).json()).connections.length > 0);
  await send('By socket');
  await pressed('By socket');
});

test('no answer is an error of the client', { skip }, async () => {
  await post(`${sandbox.url}/_sandbox/world`, { op: 'update_app', app_id: APP.app_id, callback: { url: 'http://127.0.0.1:9/nobody' } });
  await send('By nobody');
  const { page, context, seen } = await open();
  await page.goto(`${sandbox.url}/inbox/chat/${CHAT}`);
  await page.locator('article.message', { hasText: 'By nobody' }).getByRole('button', { name: 'Take it' }).click();
  await page.locator('.toast.error', { hasText: '200342' }).waitFor();
  clean(seen);
  await context.close();
});
