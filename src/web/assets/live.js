// Keeps the parts of an open page true. A part is an element with data-live (where its content is asked for) and data-topics (what makes
// it stale: "*" is everything). Its children with data-key and data-rev are replaced one by one, so that what is open stays open.
import { prepare } from './act.js';

const parts = () => [...document.querySelectorAll('[data-live]')];
const running = new WeakMap();

/** Asks for a part anew; while one request is on its way, the next waits for it. */
export async function refresh(part) {
  const state = running.get(part) ?? { busy: false, again: false };
  running.set(part, state);
  if (state.busy) { state.again = true; return; }
  state.busy = true;
  const began = performance.now();
  try {
    const answer = await fetch(part.dataset.live, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (answer.status === 401) { location.reload(); return; }
    if (answer.ok) merge(part, parsed(await answer.text()));
  } catch { /* the events say when the server is back */ } finally {
    // What takes long is asked for less often.
    await new Promise((done) => setTimeout(done, Math.min(2000, 2 * (performance.now() - began))));
    state.busy = false;
    if (state.again) { state.again = false; refresh(part); }
  }
}

export const refreshAll = () => parts().forEach((part) => refresh(part));

/** A template takes what a body does not: rows of a table. Nothing in it runs. */
function parsed(text) {
  const template = document.createElement('template');
  template.innerHTML = text;
  return document.importNode(template.content, true);
}

function merge(part, next) {
  const scroller = part.closest('[data-stick]') ?? (part.matches('[data-stick]') ? part : null);
  const stuck = scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  const known = new Map([...part.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const wanted = [...next.children].map((child) => {
    const old = child.dataset.key && known.get(child.dataset.key);
    if (old && old.dataset.rev === child.dataset.rev) return old;
    if (!old && !child.dataset.key) {
      const same = [...part.children].find((other) => !other.dataset.key && other.isEqualNode(child));
      if (same) return same;
    }
    if (old) keep(old, child);
    child.classList.add(old ? 'changed' : 'arrived');
    prepare(child);
    return child;
  });
  let at = part.firstElementChild;
  for (const child of wanted) {
    if (child === at) { at = at.nextElementSibling; continue; }
    part.insertBefore(child, at);
  }
  while (at) { const gone = at; at = at.nextElementSibling; gone.remove(); }
  if (part.dataset.count !== undefined) part.dataset.count = wanted.length;
  if (stuck) scroller.scrollTop = scroller.scrollHeight;
  part.dispatchEvent(new CustomEvent('merged', { bubbles: true }));
}

/** What a reader has opened, typed and focused in the old stays so in the new. */
function keep(old, child) {
  const open = [...old.querySelectorAll('details')];
  [...child.querySelectorAll('details')].forEach((details, n) => { if (open[n]) details.open = open[n].open; });
  const typed = [...old.querySelectorAll('input[name], textarea[name], select[name]')];
  [...child.querySelectorAll('input[name], textarea[name], select[name]')].forEach((field, n) => {
    const before = typed[n];
    if (!before || before.name !== field.name || before.type !== field.type) return;
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = before.checked; else field.value = before.value;
  });
  const chosen = new Set([...old.querySelectorAll('[data-job]:checked')].map((box) => box.value));
  child.querySelectorAll('[data-job]').forEach((box) => { box.checked = chosen.has(box.value); });
  const active = document.activeElement;
  if (active && old.contains(active)) {
    const focusable = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const n = [...old.querySelectorAll(focusable)].indexOf(active);
    queueMicrotask(() => child.querySelectorAll(focusable)[n]?.focus());
  }
}

function stale(topics) {
  for (const part of parts()) {
    const wanted = (part.dataset.topics ?? '*').split(' ');
    if (topics.includes('*') || wanted.some((topic) => topic === '*' || topics.includes(topic))) refresh(part);
  }
}

function listen(address) {
  const events = new EventSource(address);
  events.onmessage = (event) => {
    document.body.dataset.link = 'up';
    const topics = JSON.parse(event.data);
    // The greeting: what changed before it was heard is asked for.
    if (topics.length === 0) refreshAll(); else stale(topics);
  };
  events.onerror = () => {
    document.body.dataset.link = 'down';
    if (events.readyState === EventSource.CLOSED) { events.close(); setTimeout(() => listen(address), 3000); }
  };
  addEventListener('pagehide', () => events.close());
}

prepare(document.body);
for (const scroller of document.querySelectorAll('[data-stick]')) scroller.scrollTop = scroller.scrollHeight;
if (document.body.dataset.events) listen(document.body.dataset.events);
