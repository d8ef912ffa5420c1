// The console's lists: several jobs at once; and parts of a page that answer to a form.
import { ask, prepare, say, toast } from './act.js';

const chosen = () => [...document.querySelectorAll('[data-job]:checked')].map((box) => box.value);

document.addEventListener('change', (event) => {
  const all = event.target.closest?.('[data-all]');
  if (all) document.querySelectorAll('[data-job]').forEach((box) => { box.checked = all.checked; });
});

document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-each]');
  if (!button) return;
  const ids = chosen();
  if (ids.length === 0) { toast(say('还没有选', 'Nothing is chosen'), 'error'); return; }
  if (button.dataset.sure && !confirm(button.dataset.sure)) return;
  button.setAttribute('aria-busy', 'true');
  try {
    await ask(`/api/v1/jobs/${button.dataset.each}`, { json: { ids } });
    toast(say(`已处理 ${ids.length} 个`, `${ids.length} done`), 'success');
    const { refreshAll } = await import('./live.js');
    refreshAll();
  } catch (error) {
    toast(error.message, 'error');
  } finally {
    button.removeAttribute('aria-busy');
  }
});

/** All that the filter finds: some hundred a request, until none is left. */
document.addEventListener('click', async (event) => {
  const button = event.target.closest?.('[data-whole]');
  if (!button || !confirm(button.dataset.sure)) return;
  button.setAttribute('aria-busy', 'true');
  const filter = JSON.parse(button.closest('[data-filter]').dataset.filter);
  let done = 0;
  try {
    for (let before; ;) {
      const answer = await ask(`/api/v1/jobs/${button.dataset.whole}`, { json: { filter: before ? { ...filter, before } : filter } });
      done += answer.done;
      button.textContent = String(done);
      before = answer.next;
      if (!before) break;
    }
    toast(say(`已处理 ${done} 个`, `${done} done`), 'success');
  } catch (error) {
    toast(error.message, 'error');
  }
  location.reload();
});

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('form[data-part]');
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.dataset.part, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').body;
  const into = document.getElementById(form.dataset.into);
  into.replaceChildren(...next.childNodes);
  prepare(into);
});
