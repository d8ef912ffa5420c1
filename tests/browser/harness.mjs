// Starts larkhook and a browser, and watches what a page does: nothing may leave this host, fail, or run that is not ours.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const LARKHOOK = resolve(process.env.LARKHOOK_BIN ?? new URL('../../target/debug/larkhook', import.meta.url).pathname);

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Waits until `look` gives something, or fails with what it last threw. */
export async function until(look, within = 20_000) {
  const end = Date.now() + within;
  for (let last; ;) {
    try { const found = await look(); if (found) return found; } catch (error) { last = error; }
    if (Date.now() > end) throw last ?? new Error(`not within ${within} ms: ${look}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A process of ours; the JSON that it writes first, on one line or several, says where it is. */
export async function start(args, env = {}) {
  const process_ = spawn(LARKHOOK, [...args, '--format', 'json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let errors = '';
  process_.stderr.on('data', (data) => { errors += data; });
  let written = '';
  const first = await new Promise((found, failed) => {
    process_.once('exit', () => failed(new Error(`larkhook ended: ${errors}`)));
    createInterface({ input: process_.stdout }).on('line', (line) => {
      if (written === null) return;
      written += line;
      try { found(JSON.parse(written)); written = null; } catch { /* goes on in the next line */ }
    });
  });
  const stop = async () => {
    if (process_.exitCode !== null) return;
    process_.kill('SIGTERM');
    await Promise.race([once(process_, 'exit'), new Promise((done) => setTimeout(done, 10_000)).then(() => process_.kill('SIGKILL'))]);
  };
  return { ...first, pid: process_.pid, errors: () => errors, stop };
}

/** The demo without its story: a service and its platform, empty. */
export const demo = (...more) => start(['demo', '--listen', '127.0.0.1:0', '--quiet', ...more]);

export const post = async (url, json, method = 'POST') => {
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: json === undefined ? undefined : JSON.stringify(json) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
};

let browser;
export async function open(options = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const seen = { errors: [], outside: [], violations: [] };
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['127.0.0.1', 'localhost'].includes(url.hostname) && !['data:', 'blob:'].includes(url.protocol)) seen.outside.push(request.url());
  });
  await page.exposeFunction('reportViolation', (text) => seen.violations.push(text));
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  return { page, context, seen };
}

/** Nothing left the host, nothing failed, nothing was kept from running: because nothing tried. */
export function clean(seen, allowed = []) {
  const errors = seen.errors.filter((text) => !allowed.some((pattern) => pattern.test(text)));
  assert.deepEqual({ ...seen, errors }, { errors: [], outside: [], violations: [] });
}

/** No serious finding about who can use the page. */
export async function accessible(page) {
  // By the debugging protocol, not as a script of the page: the page's policy admits only its own.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const said = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
  assert.deepEqual(said, [], page.url());
}

export async function end() {
  await browser?.close();
  browser = undefined;
}

/** A body of Alertmanager's. */
export function alerts(name, list, extra = {}) {
  const now = new Date().toISOString();
  const made = list.map(({ labels = {}, annotations = {}, resolved = false }) => ({
    status: resolved ? 'resolved' : 'firing',
    labels: { alertname: name, ...labels },
    annotations,
    startsAt: new Date(Date.now() - 300_000).toISOString(),
    endsAt: resolved ? now : '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example/graph?g0.expr=up',
    fingerprint: [...JSON.stringify(labels)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 2 ** 48, 7).toString(16).padStart(16, '0'),
  }));
  const firing = made.some(({ status }) => status === 'firing');
  return {
    version: '4', groupKey: `{}:{alertname="${name}"}`, truncatedAlerts: 0, status: firing ? 'firing' : 'resolved', receiver: 'feishu',
    groupLabels: { alertname: name }, commonLabels: { alertname: name }, commonAnnotations: {}, externalURL: 'http://alertmanager.example', alerts: made, ...extra,
  };
}
