// The playground: what is typed is drawn; where the template is wrong, the line says so.
import { ask, prepare, say, toast } from './act.js';

const at = (id) => document.getElementById(id);
const [text, painted, payload, results, findings, template] = ['text', 'painted', 'payload', 'results', 'findings', 'template'].map(at);
const writable = document.querySelector('main').dataset.writable === 'true';
const escape = (piece) => piece.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** Handlebars and JSON in colours; marks under the lines that are wrong. */
function paint(wrong = new Map()) {
  const lines = text.value.split('\n').map((line, n) => {
    const html = escape(line)
      .replace(/\{\{[^}]*\}?\}\}?|("(?:[^"\\{]|\\.)*")(\s*:)?/g, (piece, string, colon) => {
        if (string) return `<span class="${colon ? 'key' : 'string'}">${string}</span>${colon ?? ''}`;
        return `<span class="${/^\{\{[#/>!]/.test(piece) ? 'block' : 'value'}">${piece}</span>`;
      });
    return wrong.has(n + 1) ? `<mark class="${wrong.get(n + 1)}">${html || ' '}</mark>` : html;
  });
  painted.innerHTML = `${lines.join('\n')}\n`;
  painted.scrollTop = text.scrollTop;
  painted.scrollLeft = text.scrollLeft;
}

function mark(found) {
  findings.replaceChildren(...found.map((finding) => {
    const item = document.createElement('li');
    item.className = finding.severity;
    const go = document.createElement('button');
    go.type = 'button';
    go.className = 'quiet';
    go.textContent = `${finding.file}:${finding.line}:${finding.column}`;
    go.addEventListener('click', () => jump(finding.line, finding.column));
    item.append(go, ` ${finding.message}${finding.hint ? ` — ${finding.hint}` : ''}`);
    return item;
  }));
  paint(new Map(found.map((finding) => [finding.line, finding.severity])));
}

function jump(line, column) {
  const start = text.value.split('\n').slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
  text.focus();
  text.setSelectionRange(start, start);
  text.scrollTop = (line - 5) * parseFloat(getComputedStyle(text).lineHeight);
}

let running = false;
let again = false;
async function drawNow() {
  if (running) { again = true; return; }
  running = true;
  try {
    let body;
    try { body = JSON.parse(payload.value); } catch (error) {
      results.textContent = '';
      const line = document.createElement('p');
      line.className = 'refused';
      line.textContent = say('数据不是 JSON：', 'The payload is not JSON: ') + error.message;
      results.append(line);
      return;
    }
    const [name, kind] = split(template.value);
    const asked = { payload: body, template: name, as: kind, text: text.value, locale: at('locale').value, all: true, data: true };
    if (at('source').value) asked.source = at('source').value;
    const answer = await fetch('/console/playground/draw', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(asked) });
    if (!answer.ok) { toast(`HTTP ${answer.status}`, 'error'); return; }
    const made = document.createElement('template');
    made.innerHTML = await answer.text();
    const drawn = made.content.querySelector('[data-findings]');
    const found = JSON.parse(drawn?.dataset.findings ?? '[]');
    mark(found);
    // While a template is broken the last drawing stays.
    results.classList.toggle('stale', found.some(({ severity }) => severity === 'error'));
    if (!found.some(({ severity }) => severity === 'error')) {
      const open = [...results.querySelectorAll('details')].map((details) => details.open);
      results.replaceChildren(made.content);
      [...results.querySelectorAll('details')].forEach((details, n) => { if (open[n]) details.open = true; });
      prepare(results);
    }
  } catch (error) {
    toast(error.message, 'error');
  } finally {
    running = false;
    if (again) { again = false; drawNow(); }
  }
}

let timer;
const soon = () => { clearTimeout(timer); timer = setTimeout(drawNow, 200); };
const split = (full) => { const dot = full.lastIndexOf('.'); return [full.slice(0, dot), full.slice(dot + 1)]; };

async function load() {
  const found = await ask(`/api/v1/templates/${encodeURIComponent(template.value)}`, { method: 'GET' });
  text.value = found.text;
  paint();
  drawNow();
}

function insert(piece) {
  text.setRangeText(piece, text.selectionStart, text.selectionEnd, 'end');
  text.focus();
  text.dispatchEvent(new Event('input'));
}

text.addEventListener('input', () => { paint(); soon(); });
text.addEventListener('scroll', () => { painted.scrollTop = text.scrollTop; painted.scrollLeft = text.scrollLeft; });
payload.addEventListener('input', soon);
['source', 'locale'].forEach((id) => at(id).addEventListener('change', drawNow));
template.addEventListener('change', () => load().catch((error) => toast(error.message, 'error')));
const sample = payload.value;
at('payload-pick').addEventListener('change', async (event) => {
  const picked = event.target.selectedOptions[0];
  if (!picked.value) { payload.value = sample; at('source').value = ''; drawNow(); return; }
  const answer = await fetch(picked.value);
  const body = await answer.text();
  try { payload.value = JSON.stringify(JSON.parse(body), null, 2); } catch { payload.value = body; }
  at('source').value = picked.dataset.source ?? '';
  drawNow();
});
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-insert]');
  if (button) insert(button.dataset.insert);
});
at('save').addEventListener('click', async () => {
  if (!writable) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text.value], { type: 'text/plain' }));
    link.download = `${template.value}.hbs`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return;
  }
  try {
    await ask(`/api/v1/templates/${encodeURIComponent(template.value)}`, { method: 'PUT', json: { text: text.value } });
    toast(say('已保存，下一条告警就用它', 'Saved; the next alert uses it'), 'success');
  } catch (error) {
    toast(error.message, 'error');
  }
});
// Sent as it is drawn, by the app, after a confirmation: it may be a chat with people in it.
document.addEventListener('submit', async (event) => {
  const form = event.target.closest('form.send');
  if (!form) return;
  event.preventDefault();
  const to = form.elements.to.value.trim();
  if (!confirm(say(`把这条消息真的发到 ${to}？`, `Really send this message to ${to}?`))) return;
  const content = JSON.parse(form.closest('.result').querySelector('pre.content').textContent);
  try {
    await ask('/api/v1/verbs', { json: { verb: { send: { to, body: { msg_type: form.dataset.msgType, content } } } } });
    toast(say('已发送', 'Sent'), 'success');
  } catch (error) {
    toast(error.message, 'error');
  }
});
document.getElementById('play').addEventListener('submit', (event) => event.preventDefault());
load().catch((error) => toast(error.message, 'error'));
