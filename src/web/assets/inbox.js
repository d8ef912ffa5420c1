// The inbox: pressing what is on a card as a chosen person, reacting, what was not read yet, phone width.
import { ask, say, toast } from './act.js';

const stored = (name, fallback) => { try { return JSON.parse(localStorage.getItem(name)) ?? fallback; } catch { return fallback; } };
const store = (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* not allowed: not kept */ } };

// --- who acts ---------------------------------------------------------------------------------------------------------------
const actors = document.querySelector('[data-actor]');
if (actors) {
  const known = stored('actor', '');
  if ([...actors.options].some((option) => option.value === known)) actors.value = known;
  actors.addEventListener('change', () => store('actor', actors.value));
}

// --- presses ----------------------------------------------------------------------------------------------------------------
const KINDS = { success: 'success', error: 'error', warning: 'error', info: 'info' };

async function press(element, given = {}) {
  const message = element.closest('[data-message]')?.dataset.message;
  if (!message) return;
  if (element.dataset.confirmTitle || element.dataset.confirmText) {
    if (!confirm([element.dataset.confirmTitle, element.dataset.confirmText].filter(Boolean).join('\n\n'))) return;
  }
  element.setAttribute('aria-busy', 'true');
  try {
    const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const json = { message_id: message, at: element.dataset.at, by: actors?.value ?? '', timezone, ...given };
    const outcome = await ask('/_sandbox/press', { json });
    if (outcome.toast) toast(outcome.toast.content, KINDS[outcome.toast.type] ?? 'info');
    if (outcome.outcome === 'error') toast(`${outcome.code ?? ''} ${outcome.reason ?? ''}`.trim(), 'error');
  } catch (error) {
    toast(error.message, 'error');
  } finally {
    element.removeAttribute('aria-busy');
  }
}

/** What stands in the fields of a form, by name. */
function fields(form) {
  const values = {};
  for (const field of form.querySelectorAll('[name]')) {
    if (field.disabled) continue;
    if (field.type === 'checkbox') values[field.name] = field.checked;
    else if (field.type === 'radio') { if (field.checked) values[field.name] = field.value; }
    else if (field.multiple) values[field.name] = [...field.selectedOptions].map((option) => option.value);
    else if (field.value !== '') values[field.name] = dated(field);
  }
  return values;
}

/** A date or time as the platform hands it to apps: with the reader's offset. */
function dated(field) {
  const minutes = -new Date().getTimezoneOffset();
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}${two(minutes % 60)}`;
  if (field.type === 'date' || field.type === 'time') return `${field.value} ${offset}`;
  if (field.type === 'datetime-local') return `${field.value.replace('T', ' ')} ${offset}`;
  return field.value;
}

document.addEventListener('click', (event) => {
  const at = (selector) => event.target.closest?.(selector);
  const reaction = at('[data-react]');
  if (reaction) {
    const json = { message_id: reaction.dataset.react, emoji_type: reaction.dataset.emoji, by: actors?.value ?? '' };
    ask('/_sandbox/react', { json }).catch((error) => toast(error.message, 'error'));
    return;
  }
  const narrow = at('[data-narrow]');
  if (narrow) { setNarrow(narrow.getAttribute('aria-pressed') !== 'true'); return; }
  const pressed = at('[data-act~="callback"]');
  if (pressed && !pressed.disabled && pressed.type !== 'submit' && !pressed.matches('select, input, textarea')) {
    if (event.target.closest('a[href]') !== pressed && event.target.closest('a[href], input, select, textarea, summary') && pressed !== event.target) return;
    press(pressed, pressed.dataset.option === undefined ? {} : { option: pressed.dataset.option });
  }
});

/** Forms of cards are real forms: what is required and resetting are the browser's. */
document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-form]');
  if (!form) return;
  event.preventDefault();
  if (event.submitter) press(event.submitter, { form: fields(form) });
});

document.addEventListener('change', (event) => {
  const field = event.target.closest?.('[data-act~="callback"]');
  if (!field || field.closest('[data-form]')) return;
  if (field.type === 'checkbox') press(field, { checked: field.checked });
  else if (field.tagName === 'SELECT') press(field, field.multiple ? { options: [...field.selectedOptions].map((option) => option.value) } : { option: field.value });
  else if (['date', 'time', 'datetime-local'].includes(field.type)) press(field, { option: dated(field) });
  else press(field, { input: field.value });
});

document.addEventListener('keydown', (event) => {
  const pressed = event.target.closest?.('[role="button"][data-act~="callback"]');
  if (pressed && pressed === event.target && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); press(pressed); }
});

// --- what was not read yet ---------------------------------------------------------------------------------------------------
const open = document.querySelector('main[data-chat]')?.dataset.chat;
function unread() {
  const seen = stored('seen', {});
  let waiting = 0;
  for (const chat of document.querySelectorAll('.chats [data-chat]')) {
    const total = Number(chat.dataset.total);
    if (chat.dataset.chat === open || seen[chat.dataset.chat] === undefined || seen[chat.dataset.chat] > total) seen[chat.dataset.chat] = total;
    const more = total - seen[chat.dataset.chat];
    waiting += more;
    const badge = chat.querySelector('.unread');
    badge.hidden = more === 0;
    badge.textContent = more > 99 ? '99+' : more || '';
    badge.setAttribute('aria-label', say(`${more} 条未读`, `${more} unread`));
  }
  store('seen', seen);
  document.title = document.title.replace(/^\(\d+\) /, '');
  if (waiting) document.title = `(${waiting}) ${document.title}`;
}
unread();
document.addEventListener('merged', unread);

// --- phone width ------------------------------------------------------------------------------------------------------------
const stream = document.querySelector('.stream');
function setNarrow(on) {
  stream?.classList.toggle('narrow', on);
  document.querySelector('[data-narrow]')?.setAttribute('aria-pressed', String(on));
  store('narrow', on);
}
if (stream) setNarrow(stored('narrow', false));
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: 'center' });
