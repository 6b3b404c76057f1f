// Puts the page together; theme, sections in the navigation, printing.

const THEMES = { auto: 'System', light: 'Light', dark: 'Dark' };
const themeButton = byId('theme');
function theme(next) {
  if (next === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = next;
  themeButton.dataset.now = next;
  themeButton.replaceChildren(el('span', { class: 'long' }, 'Theme: '), THEMES[next]);
  // A page opened from a file may have no storage.
  try { localStorage.setItem('scproof-theme', next); } catch { /* the next visit begins anew */ }
}
let remembered = 'auto';
try { remembered = localStorage.getItem('scproof-theme') ?? 'auto'; } catch { /* as above */ }
theme(THEMES[remembered] ? remembered : 'auto');
themeButton.hidden = false;
themeButton.addEventListener('click', () => {
  const order = Object.keys(THEMES);
  theme(order[(order.indexOf(themeButton.dataset.now) + 1) % order.length]);
});

organization();
classes();
services();
guardrails();
findings();
overview();
document.documentElement.classList.add('ready');

const links = new Map([...document.querySelectorAll('nav.bar a')].map((link) => [link.hash.slice(1), link]));
const seen = new Map();
new IntersectionObserver((entries, observer) => {
  for (const entry of entries) seen.set(entry.target.id, entry.isIntersecting);
  const current = [...links.keys()].find((id) => seen.get(id));
  for (const [id, link] of links) {
    if (id === current) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
  }
  if (!observer.started) {
    observer.started = true;
    for (const id of links.keys()) observer.observe(byId(id));
  }
}, { rootMargin: '-80px 0px -60% 0px' }).observe(byId('overview'));

// What is folded or on a later page is printed too, as far as paper can hold it.
addEventListener('beforeprint', () => {
  printing.on = true;
  if (accounts.length <= 300) nodes.id.forEach((_, node) => items.has(node) && expand(node));
  for (const draw of renderers) draw();
});
addEventListener('afterprint', () => {
  printing.on = false;
  for (const draw of renderers) draw();
});
