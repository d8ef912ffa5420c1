// Alerts written by somebody who means ill, and drawn in every page: nothing of theirs runs, loads or leads away.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { PHONE, alerts, clean, demo, end, open, post, until } from './harness.mjs';

let larkhook;
before(async () => { larkhook = await demo('--locale', 'en'); });
after(async () => { await larkhook?.stop(); await end(); });

const EVIL = [
  '<script>window.ran = 1</script>',
  '<img src=x onerror="window.ran = 1">',
  '"><svg onload=window.ran=1>',
  "'; window.ran = 1; '",
  '<a href="javascript:window.ran=1">press me</a>',
  '[press me](javascript:window.ran=1)',
  '<at id=all></at> <font color=red onmouseover=window.ran=1>x</font>',
  '</pre></details></template><iframe src="http://evil.example/"></iframe>',
  '<style>*{display:none}</style><link rel=stylesheet href=http://evil.example/x.css>',
  '{{{raw}}} {{#each this}}{{/each}} ${7*7}',
  '\u202Egnp.exe\u202C \u2066\u0000\u0007',
  '![x](http://evil.example/pixel.png)',
  `long ${'W'.repeat(40_000)}`,
];

/** Nothing ran, nothing that could run is in the page, and no link leads anywhere but http(s). */
async function harmless(page, seen, where) {
  const found = await page.evaluate(() => {
    const all = [...document.querySelectorAll('*')];
    const handlers = all.flatMap((element) => [...element.attributes].filter(({ name }) => /^on/i.test(name)).map(({ name, value }) => `${element.tagName} ${name}=${value}`));
    const links = all.flatMap((element) => ['href', 'src', 'action', 'formaction', 'xlink:href'].map((name) => element.getAttribute(name)).filter((value) => value && /^\s*(javascript|vbscript|data:text)/i.test(value)));
    const foreign = [...document.querySelectorAll('script:not([src^="/-/assets/"]), iframe, object, embed, style, link[rel=stylesheet]:not([href^="/-/assets/"])')].map((element) => element.outerHTML.slice(0, 100));
    return { ran: window.ran ?? null, handlers, links, foreign };
  });
  assert.deepEqual(found, { ran: null, handlers: [], links: [], foreign: [] }, where);
  clean(seen);
}

test('nothing of a hostile alert runs in any page', async () => {
  for (const [n, evil] of EVIL.entries()) {
    const labels = { severity: evil, instance: evil, [`evil_${n}`]: evil };
    const annotations = { summary: evil, description: `${evil}\n\n# ${evil}`, runbook_url: evil, dashboard_url: `https://example.com/${evil}` };
    await post(`${larkhook.url}/hook/alertmanager`, alerts(`Evil ${n} ${evil.slice(0, 60)}`, [{ labels, annotations }, { labels: { ...labels, instance: `${n}` }, annotations }]));
  }
  // As a person of the sandbox with such a name, too.
  await post(`${larkhook.sandbox}/_sandbox/world`, { op: 'add_person', person: { name: EVIL[1], email: 'evil@example.com' } });
  await post(`${larkhook.sandbox}/_sandbox/world`, { op: 'add_chat', chat: { name: EVIL[0], every_bot: true } });
  const sent = await until(async () => {
    const { messages } = await (await fetch(`${larkhook.sandbox}/_sandbox/messages`)).json();
    return messages.length >= EVIL.length && messages;
  });
  const { items } = await (await fetch(`${larkhook.url}/api/v1/incidents`)).json();
  const { items: received } = await (await fetch(`${larkhook.url}/api/v1/events`)).json();
  const calls = (await (await fetch(`${larkhook.sandbox}/_sandbox/calls`)).json()).recent;
  const pages = [
    ...['/inbox', '/inbox/calls', '/inbox/chaos', '/inbox/world', ...new Set(sent.map(({ chat_id: id }) => `/inbox/chat/${id}`)),
      ...sent.map(({ message_id: id }) => `/inbox/message/${id}`), ...calls.slice(0, 20).map(({ request_id: id }) => `/inbox/calls/${id}`)].map((path) => larkhook.sandbox + path),
    ...['/', '/console/incidents', '/console/deliveries', '/console/routes', '/console/configuration', '/console/audit', '/console/playground', ...items.map(({ id }) => `/console/incidents/${id}`), ...received.map(({ id }) => `/console/events/${id}`)].map((path) => larkhook.url + path),
  ];
  for (const viewport of [undefined, PHONE]) {
    const { page, context, seen } = await open(viewport ? { viewport } : {});
    for (const address of pages) {
      await page.goto(address);
      await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
      await harmless(page, seen, address);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 1, `${address} is ${wide} px wider than the window`);
    }
    await context.close();
  }
});
