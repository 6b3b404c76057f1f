// Texts, elements and lists that all parts of the page share. Elements are made of texts only, never of markup: names and policies
// are written by many people.

const data = JSON.parse(document.getElementById('data').textContent);
const nodes = data.nodes;
const printing = { on: false };
const renderers = [];

// Characters that could hide or turn what stands beside them.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/g;
const visible = (text) => String(text).replace(UNSAFE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
const number = (value) => value.toLocaleString('en-US');
const counted = (value, noun, plural = `${noun}s`) => `${number(value)} ${value === 1 ? noun : plural}`;
const percent = (part, total) => {
  if (!total || !part) return '0\u2009%';
  const share = (100 * part) / total;
  if (share < 1) return '<1\u2009%';
  return `${share > 99 && share < 100 ? 99 : Math.round(share)}\u2009%`;
};
const string = (at) => data.strings[at];
const byId = (id) => document.getElementById(id);

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : visible(child));
  }
  return parent;
}

function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'click') element.addEventListener('click', value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : visible(value));
  }
  return append(element, children);
}

const hidden = (text) => el('span', { class: 'sr' }, text);
const isolated = (text) => el('bdi', {}, text);
const button = (className, label, click, more) => el('button', { type: 'button', class: className, click, ...more }, label);

// Marks for states: a shape beside each word, so that nothing rests on colour.
const SHAPES = {
  hole: 'M4 4l8 8M12 4l-8 8',
  unknown: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.8-1.1 1.6M8 12.4v.2',
  notAdopted: 'M8 4v8M4 8h8',
  suppressed: 'M4.5 4v8M8 4v8M11.5 4v8',
  holdsExcept: 'M8 2.5a5.5 5.5 0 0 1 0 11',
  holds: 'M3.5 8.5l3 3 6-7',
  notApplicable: 'M4 8h8',
};
const STATES = {
  hole: 'Hole',
  unknown: 'Unknown',
  notAdopted: 'Not adopted',
  suppressed: 'Suppressed',
  holdsExcept: 'Holds except',
  holds: 'Holds',
  notApplicable: 'Not applicable',
};
const RISKS = { high: 'High', medium: 'Medium', low: 'Low', info: 'Info' };
const ACCESS = { neverBlocked: 'never blocked', unknown: 'depends', alwaysBlocked: 'always blocked' };
const SVG = 'http://www.w3.org/2000/svg';

function icon(state) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon ${state}`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[state]);
  svg.append(path);
  if (state === 'holdsExcept') {
    const half = document.createElementNS(SVG, 'path');
    half.setAttribute('d', 'M8 2.5a5.5 5.5 0 0 0 0 11z');
    half.setAttribute('class', 'full');
    svg.append(half);
  }
  return svg;
}

const stateBadge = (state) => el('span', { class: `badge ${state}` }, icon(state), STATES[state]);
const riskBadge = (risk) => el('span', { class: `badge ${risk}` }, RISKS[risk]);

// The tree.
const children = nodes.id.map(() => []);
nodes.parent.forEach((parent, node) => { if (parent !== null) children[parent].push(node); });
const accounts = [];
const ordinalOf = nodes.kind.map((kind, node) => (kind === 2 ? accounts.push(node) - 1 : null));
const inScope = accounts.filter((node) => nodes.class[node] !== null);
// Accounts of a node follow each other: first and last of them, by ordinal.
const below = nodes.id.map(() => [Infinity, -1]);
for (let node = nodes.id.length - 1; node >= 0; node -= 1) {
  const range = below[node];
  if (ordinalOf[node] !== null) range[0] = range[1] = ordinalOf[node];
  const parent = nodes.parent[node];
  if (parent !== null && range[1] >= 0) {
    below[parent][0] = Math.min(below[parent][0], range[0]);
    below[parent][1] = Math.max(below[parent][1], range[1]);
  }
}
const accountsBelow = (node) => (below[node][1] < 0 ? [] : accounts.slice(below[node][0], below[node][1] + 1));
const nameOf = (node) => nodes.name[node] ?? nodes.id[node];
const chainOf = (node) => {
  const chain = [];
  for (let at = node; at !== null; at = nodes.parent[at]) chain.unshift(at);
  return chain;
};
const pathOf = (node) => chainOf(nodes.parent[node] ?? node).map(nameOf).join(' / ');
const kindOf = (node) => ['Root', 'OU', 'Account'][nodes.kind[node]];
const policyName = (policy) => data.policies[policy].name ?? data.policies[policy].id;
const className = (place) => data.classes[place].name;

const membersOf = data.classes.map(() => []);
for (const node of inScope) membersOf[nodes.class[node]].push(node);

const decoded = new Map();
function setOf(at) {
  if (!decoded.has(at)) {
    const members = [];
    let position = 0;
    data.sets[at].forEach((length, place) => {
      if (place % 2) for (let i = 0; i < length; i += 1) members.push(accounts[position + i]);
      position += length;
    });
    decoded.set(at, members);
  }
  return decoded.get(at);
}

// What a search in accounts looks at.
const pathCache = new Map();
const searchable = accounts.map((node) => {
  const parent = nodes.parent[node];
  if (!pathCache.has(parent)) pathCache.set(parent, pathOf(node).toLowerCase());
  return `${nameOf(node)}\n${nodes.id[node]}\n${pathCache.get(parent)}\n${parent === null ? '' : nodes.id[parent]}`.toLowerCase();
});

const stateOf = (guardrail, node) => {
  const place = data.profiles[nodes.profile[node]]?.[guardrail];
  return place === null || place === undefined ? 'notApplicable' : data.guardrails[guardrail].groups[place][0];
};

// Bars: three shares of actions, or the states of accounts.
function bar(parts, words) {
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  const element = el('span', { class: 'bar3', role: 'img', 'aria-label': words });
  for (const [kind, value] of parts) {
    if (!value) continue;
    const segment = el('span', { class: `seg ${kind}` });
    segment.style.width = `${(100 * value) / total}%`;
    element.append(segment);
  }
  return element;
}
const countsWords = ([never, depends, blocked]) =>
  `${number(never)} never blocked, ${number(depends)} depend, ${number(blocked)} always blocked`;
const accessBar = (counts) =>
  bar([['never', counts[0]], ['cond', counts[1]], ['blocked', counts[2]]], countsWords(counts));

// Items of one list on paper.
const PAPER = 60;

// A list that shows some and, when asked, more.
function lengthening(items, size, make, noun, list = el('ul', { class: 'plain' })) {
  const box = el('div', {}, list);
  let shown = 0;
  const more = button('quiet', '', () => {
    const first = shown;
    grow(Math.max(size, 100));
    list.children[first]?.querySelector('button, a, summary')?.focus();
  });
  function grow(by) {
    const to = printing.on ? Math.min(items.length, Math.max(size, PAPER)) : Math.min(items.length, shown + by);
    for (; shown < to; shown += 1) list.append(make(items[shown], shown));
    more.textContent = `Show more (${number(items.length - shown)} ${noun} left)`;
    if (shown < items.length) box.append(printing.on ? el('p', { class: 'muted small' }, `And ${number(items.length - shown)} more.`) : more);
    else more.remove();
  }
  grow(size);
  return box;
}

function pager(total, size, page, turn, noun) {
  const pages = Math.max(1, Math.ceil(total / size));
  if (pages === 1) return null;
  const from = page * size;
  return el('div', { class: 'pager', role: 'group', 'aria-label': `Pages of ${noun}` },
    button('quiet', 'Previous', () => turn(page - 1), { disabled: page === 0, 'data-turn': 'previous' }),
    el('span', {}, `${number(from + 1)}–${number(Math.min(total, from + size))} of ${counted(total, noun.replace(/s$/, ''), noun)}`),
    button('quiet', 'Next', () => turn(page + 1), { disabled: page >= pages - 1, 'data-turn': 'next' }));
}

let serial = 0;
function field(label, control, className = '') {
  serial += 1;
  control.id = `field-${serial}`;
  return el('div', { class: `field ${className}` }, el('label', { for: control.id }, label), control);
}

function search(label, placeholder, change) {
  const input = el('input', { type: 'search', placeholder, autocomplete: 'off', spellcheck: 'false' });
  input.addEventListener('input', () => change(input.value.trim().toLowerCase()));
  return field(label, input, 'grow');
}

function select(label, options, change) {
  const control = el('select', {}, options.map(([value, words]) => el('option', { value }, words)));
  control.addEventListener('change', () => change(control.value));
  return field(label, control);
}

function checks(legend, options, change) {
  const chosen = new Set();
  const boxes = options.map(([value, ...words]) => {
    const input = el('input', { type: 'checkbox', value });
    input.addEventListener('change', () => {
      if (input.checked) chosen.add(value); else chosen.delete(value);
      change(chosen);
    });
    return el('label', { class: 'chip' }, input, words);
  });
  return el('fieldset', { class: 'chips' }, el('legend', {}, legend), boxes);
}

// One stop of the Tab key for a whole table; arrow keys go on from there.
function roving(table) {
  const cells = () => [...table.rows].map((row) => [...row.querySelectorAll('[data-cell]')]).filter((row) => row.length);
  const first = table.querySelector('[data-cell]');
  if (first) first.tabIndex = 0;
  table.addEventListener('keydown', (event) => {
    const at = event.target.closest('[data-cell]');
    if (!at) return;
    const rows = cells();
    const row = rows.findIndex((members) => members.includes(at));
    const column = rows[row].indexOf(at);
    const step = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 0], End: [row, rows[row].length - 1],
    }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = rows[step[0]]?.[step[1]];
    if (!next) return;
    at.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  table.addEventListener('focusin', (event) => {
    const at = event.target.closest('[data-cell]');
    if (!at || at.tabIndex === 0) return;
    for (const other of table.querySelectorAll('[data-cell][tabindex="0"]')) other.tabIndex = -1;
    at.tabIndex = 0;
  });
  return table;
}
