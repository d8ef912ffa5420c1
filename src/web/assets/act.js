// What every page can do: times in the reader's zone, copying, choices kept in cookies, and forms and buttons that ask our API.

const zh = document.documentElement.lang.startsWith('zh');
const locale = zh ? 'zh-CN' : 'en-GB';
const shape = (options) => new Intl.DateTimeFormat(locale, options);
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const FORMATS = {
  date_num: shape({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  date_short: shape({ month: 'short', day: 'numeric' }),
  date: shape({ year: 'numeric', month: 'long', day: 'numeric' }),
  week: shape({ weekday: 'long' }),
  week_short: shape({ weekday: 'short' }),
  time: shape(clock),
  time_sec: shape({ ...clock, second: '2-digit' }),
  timezone: shape({ timeZoneName: 'shortOffset' }),
  full: shape({ year: 'numeric', month: '2-digit', day: '2-digit', ...clock, second: '2-digit', timeZoneName: 'shortOffset' }),
};

/** The words of the reader's language. */
export const say = (inChinese, inEnglish) => (zh ? inChinese : inEnglish);

function showTime(time) {
  const at = new Date(Number(time.dataset.ms));
  if (Number.isNaN(at.getTime())) return;
  if (time.dataset.pattern) {
    const two = (n) => String(n).padStart(2, '0');
    const parts = { YYYY: at.getFullYear(), MM: two(at.getMonth() + 1), DD: two(at.getDate()), HH: two(at.getHours()), mm: two(at.getMinutes()), ss: two(at.getSeconds()) };
    time.textContent = time.dataset.pattern.replace(/YYYY|MM|DD|HH|mm|ss/g, (name) => parts[name]);
    return;
  }
  const format = time.dataset.format ?? 'near';
  time.title = FORMATS.full.format(at);
  if (format === 'near') {
    const today = at.toDateString() === new Date().toDateString();
    time.textContent = (today ? '' : FORMATS.date_short.format(at) + ' ') + FORMATS.time_sec.format(at);
  } else if (format === 'timezone') {
    time.textContent = FORMATS.timezone.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
  } else if (FORMATS[format]) {
    time.textContent = FORMATS[format].format(at);
  }
}

/** Makes what has just come into the page ready for the reader. */
export function prepare(root) {
  const times = root.matches?.('time[data-ms]') ? [root] : [];
  [...times, ...root.querySelectorAll('time[data-ms]')].forEach(showTime);
}

/** Asks our API; what it says on refusal becomes the error. */
export async function ask(address, { method = 'POST', json } = {}) {
  const answer = await fetch(address, {
    method,
    headers: { accept: 'application/json', ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
    body: json === undefined ? undefined : JSON.stringify(json),
  });
  const text = await answer.text();
  let body = null;
  try { body = text ? JSON.parse(text) : null; } catch { /* not JSON */ }
  if (!answer.ok) throw new Error(body?.error?.message ?? `HTTP ${answer.status}`);
  return body;
}

/** A line at the foot of the page for a moment. */
export function toast(text, kind = 'info') {
  let place = document.querySelector('.toasts');
  if (!place) {
    place = document.createElement('div');
    place.className = 'toasts';
    place.setAttribute('role', 'status');
    document.body.append(place);
  }
  const line = document.createElement('p');
  line.className = `toast ${kind}`;
  line.textContent = text;
  place.append(line);
  setTimeout(() => line.remove(), kind === 'error' ? 8000 : 4000);
}

function put(target, path, value) {
  const names = path.split('.');
  const last = names.pop();
  for (const name of names) target = target[name] ??= {};
  target[last] = value;
}

/** The fields of a form as JSON: dots in a name go deeper, empty fields are left out, numbers are numbers, lists are split at commas. */
export function read(form) {
  const json = JSON.parse(form.dataset.json ?? '{}');
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === 'checkbox') { if (field.checked || field.dataset.always !== undefined) put(json, field.name, field.checked); continue; }
    if (field.type === 'radio' && !field.checked) continue;
    const text = field.value.trim();
    if (text === '') continue;
    const kind = field.dataset.kind ?? (field.type === 'number' ? 'number' : 'text');
    if (kind === 'number') put(json, field.name, Number(text));
    else if (kind === 'list') put(json, field.name, text.split(/[\s,，]+/).filter(Boolean));
    else put(json, field.name, text);
  }
  return json;
}

async function act(element, json) {
  const { post, method = 'POST', done, go } = element.dataset;
  if (element.dataset.confirm && !confirm(element.dataset.confirm)) return;
  element.setAttribute('aria-busy', 'true');
  try {
    await ask(post, { method, json });
    if (done) toast(done, 'success');
    if (element instanceof HTMLFormElement && element.dataset.keep === undefined) element.reset();
    if (go) location.assign(go);
    const { refreshAll } = await import('./live.js');
    refreshAll();
  } catch (error) {
    toast(error.message, 'error');
  } finally {
    element.removeAttribute('aria-busy');
  }
}

async function copy(button) {
  const source = button.dataset.copyFrom ? document.getElementById(button.dataset.copyFrom) : null;
  try {
    await navigator.clipboard.writeText(source ? source.textContent : button.dataset.copy);
    toast(say('已复制', 'Copied'), 'success');
  } catch {
    toast(say('浏览器不允许复制', 'The browser does not allow copying'), 'error');
  }
}

document.addEventListener('click', (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const chosen = at('[data-cookie]');
  if (chosen) {
    document.cookie = `${chosen.dataset.cookie}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
    return;
  }
  const copied = at('[data-copy], [data-copy-from]');
  if (copied) { copy(copied); return; }
  const button = at('button[data-post]');
  if (button) act(button, button.dataset.json === undefined ? undefined : JSON.parse(button.dataset.json));
});

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-post]');
  if (!form) return;
  event.preventDefault();
  act(form, read(form));
});
