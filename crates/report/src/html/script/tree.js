// The tree of the organization, and what holds at the chosen node.

const CHUNK = 100;
const items = new Map();
let treeRoot;
let nodePanel;

function treeItem(node, level) {
  const branch = children[node].length > 0;
  const account = nodes.kind[node] === 2;
  const title = el('span', { class: 'row' },
    el('span', { class: `twist${branch ? '' : ' none'}`, 'aria-hidden': 'true' }),
    el('span', { class: `kind k${nodes.kind[node]}` }, kindOf(node)), ' ',
    el('bdi', { class: 'name' }, nameOf(node)),
    account ? [' ', el('span', { class: 'muted mono' }, nodes.id[node])] : [' ', el('span', { class: 'muted' }, counted(accountsBelow(node).length, 'account'))],
    account && nodes.class[node] !== null && [' ', el('span', { class: 'tag' }, `Class ${className(nodes.class[node])}`)],
    !account && [' ', el('span', { class: 'tag' }, counted(data.attached[nodes.attached[node]].length, 'SCP'))],
    nodes.notes[node] && [' ', el('span', { class: 'badge unknown' }, 'note')]);
  const item = el('li', {
    role: 'treeitem', tabindex: '-1', 'aria-level': level, 'aria-selected': 'false',
    'aria-expanded': branch ? 'false' : null, 'data-node': node,
    'aria-setsize': nodes.parent[node] === null ? 1 : children[nodes.parent[node]].length,
    'aria-posinset': nodes.parent[node] === null ? 1 : children[nodes.parent[node]].indexOf(node) + 1,
  }, title);
  items.set(node, item);
  return item;
}

function fill(node, until = 0) {
  const item = items.get(node);
  let group = item.querySelector(':scope > ul');
  if (!group) {
    group = el('ul', { role: 'group' });
    item.append(group);
  }
  group.querySelector(':scope > [data-more]')?.remove();
  const list = children[node];
  let shown = group.childElementCount;
  const target = Math.min(list.length, Math.max(shown + CHUNK, until + 1));
  const fragment = document.createDocumentFragment();
  for (; shown < target; shown += 1) fragment.append(treeItem(list[shown], Number(item.getAttribute('aria-level')) + 1));
  group.append(fragment);
  if (shown < list.length) {
    group.append(el('li', { role: 'treeitem', tabindex: '-1', 'data-more': node, 'aria-level': Number(item.getAttribute('aria-level')) + 1, 'aria-selected': 'false' },
      el('span', { class: 'row more' }, `Show ${number(Math.min(CHUNK, list.length - shown))} more of ${number(list.length - shown)}`)));
  }
}

function expand(node, open = true) {
  const item = items.get(node);
  if (!children[node].length || !item) return;
  if (open && !item.querySelector(':scope > ul')) fill(node);
  item.setAttribute('aria-expanded', String(open));
}

function focusItem(item) {
  for (const other of treeRoot.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
}

function choose(node) {
  for (const other of treeRoot.querySelectorAll('[aria-selected="true"]')) other.setAttribute('aria-selected', 'false');
  items.get(node)?.setAttribute('aria-selected', 'true');
  nodePanel.replaceChildren(...nodeDetail(node));
}

// Opens the way to a node, and goes there.
function reveal(node) {
  if (drawer.open) drawer.close();
  const chain = chainOf(node);
  chain.slice(0, -1).forEach((parent, at) => {
    expand(parent);
    const place = children[parent].indexOf(chain[at + 1]);
    if (!items.has(chain[at + 1])) fill(parent, place);
  });
  choose(node);
  focusItem(items.get(node));
  items.get(node).scrollIntoView({ block: 'center' });
}

const shownItems = () => [...treeRoot.querySelectorAll('[role="treeitem"]')].filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));

function activate(item) {
  if (item.dataset.more !== undefined) {
    const node = Number(item.dataset.more);
    const first = children[node][item.parentElement.childElementCount - 1];
    fill(node);
    focusItem(items.get(first));
    return;
  }
  choose(Number(item.dataset.node));
}

function treeKeys(event) {
  const item = event.target.closest('[role="treeitem"]');
  if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
  const list = shownItems();
  const at = list.indexOf(item);
  const open = item.getAttribute('aria-expanded');
  const node = Number(item.dataset.node);
  let next;
  if (event.key === 'ArrowDown') next = list[at + 1];
  else if (event.key === 'ArrowUp') next = list[at - 1];
  else if (event.key === 'Home') [next] = list;
  else if (event.key === 'End') next = list.at(-1);
  else if (event.key === 'ArrowRight') {
    if (open === 'false') expand(node);
    else if (open === 'true') next = list[at + 1];
  } else if (event.key === 'ArrowLeft') {
    if (open === 'true') expand(node, false);
    else next = item.parentElement.closest('[role="treeitem"]');
  } else if (event.key === 'Enter' || event.key === ' ') activate(item);
  else if (event.key.length === 1 && /\S/.test(event.key)) {
    const letter = event.key.toLowerCase();
    const order = [...list.slice(at + 1), ...list.slice(0, at + 1)];
    next = order.find((other) => other.dataset.node !== undefined && nameOf(Number(other.dataset.node)).toLowerCase().startsWith(letter));
  } else return;
  event.preventDefault();
  if (next) focusItem(next);
}

function treeClick(event) {
  const item = event.target.closest('[role="treeitem"]');
  if (!item) return;
  if (item.dataset.node !== undefined && event.target.closest('.row')) {
    const open = item.getAttribute('aria-expanded');
    const chosen = item.getAttribute('aria-selected') === 'true';
    if (open === 'false') expand(Number(item.dataset.node));
    else if (open === 'true' && (chosen || event.target.closest('.twist'))) expand(Number(item.dataset.node), false);
  }
  focusItem(item);
  activate(item);
}

function policiesOf(node) {
  const list = data.attached[nodes.attached[node]];
  if (!list.length) return el('p', { class: 'muted' }, 'None.');
  return el('ul', { class: 'pills' }, list.map((policy) => el('li', {}, policyButton(policy))));
}

function nodeDetail(node) {
  const account = nodes.kind[node] === 2;
  const chain = chainOf(node);
  const parts = [
    el('p', { class: 'eyebrow' }, kindOf(node)),
    el('h3', {}, isolated(nameOf(node))),
    el('p', { class: 'muted' }, el('span', { class: 'mono' }, nodes.id[node]), chain.length > 1 && [' in ', isolated(pathOf(node))]),
    node === data.management && el('p', { class: 'callout' }, 'The management account: SCPs never restrict it.'),
    (nodes.notes[node] ?? []).map((note) => el('p', { class: 'callout warn' }, note)),
  ];
  if (account) parts.push(...accountDetail(node));
  else parts.push(...unitDetail(node));
  parts.push(el('h4', {}, 'Attached here'), policiesOf(node));
  if (chain.length > 1) {
    parts.push(el('h4', {}, 'Inherited'), el('ol', { class: 'levels' }, chain.slice(0, -1).map((level) =>
      el('li', {}, el('span', { class: 'muted' }, `${kindOf(level)} `, isolated(nameOf(level))), policiesOf(level)))));
  }
  return parts.flat().filter(Boolean);
}

function accountDetail(node) {
  const place = nodes.class[node];
  if (place === null) return [el('p', { class: 'muted' }, 'This account was not looked at.')];
  const view = data.classes[place];
  const states = Object.keys(STATES).map((state) => [state, data.guardrails.map((_, at) => at).filter((at) => stateOf(at, node) === state)]);
  const bad = states.filter(([state]) => state === 'hole' || state === 'unknown').flatMap(([state, list]) => list.map((at) => [state, at]));
  return [
    el('h4', {}, 'Permission class ', classButton(place)),
    accessBar(view.counts),
    el('p', { class: 'small' }, view.notApplicable ? `SCPs do not apply: ${view.notApplicable}.` : countsWords(view.counts)),
    data.guardrails.length > 0 && el('h4', {}, 'Guardrails'),
    data.guardrails.length > 0 && el('ul', { class: 'inline' }, states.filter(([, list]) => list.length)
      .map(([state, list]) => el('li', {}, stateBadge(state), ` ${number(list.length)}`))),
    bad.length > 0 && lengthening(bad, 6, ([state, at]) => el('li', {}, icon(state), ' ', hidden(`${STATES[state]}: `),
      button('link', data.guardrails[at].title, () => openCell(at, [node]))), 'guardrails'),
  ];
}

function unitDetail(node) {
  const list = accountsBelow(node).filter((at) => nodes.class[at] !== null);
  const classes = new Map();
  for (const at of list) classes.set(nodes.class[at], (classes.get(nodes.class[at]) ?? 0) + 1);
  const sorted = [...classes.entries()].sort((a, b) => b[1] - a[1]);
  return [
    el('h4', {}, `${counted(list.length, 'account')} below, in ${counted(sorted.length, 'permission class', 'permission classes')}`),
    lengthening(sorted, 8, ([place, size]) => el('li', { class: 'class-row' }, classButton(place),
      el('span', { class: 'muted' }, counted(size, 'account')), accessBar(data.classes[place].counts)), 'classes'),
  ];
}

function organization() {
  treeRoot = el('ul', { role: 'tree', class: 'tree', 'aria-label': 'Organization' });
  nodePanel = el('div', { class: 'panel', role: 'region', 'aria-label': 'Chosen node' });
  const found = el('div', {});
  const status = el('p', { class: 'count', role: 'status' });
  const find = search('Find an account or OU', 'Name or id', (term) => {
    found.replaceChildren();
    status.textContent = '';
    if (!term) return;
    const hits = nodes.id.map((_, node) => node).filter((node) => nameOf(node).toLowerCase().includes(term) || nodes.id[node].includes(term));
    status.textContent = `${number(hits.length)} found`;
    found.append(lengthening(hits, 8, (node) => el('li', {}, el('span', { class: 'muted' }, `${kindOf(node)} `), accountButton(node),
      el('span', { class: 'muted' }, ` ${nodes.id[node]}${nodes.kind[node] ? ` in ${pathOf(node)}` : ''}`)), 'found'));
  });
  treeRoot.append(treeItem(0, 1));
  treeRoot.addEventListener('keydown', treeKeys);
  treeRoot.addEventListener('click', treeClick);
  byId('organization-body').append(el('div', { class: 'toolbar' }, find), status, found,
    el('div', { class: 'split' }, el('div', { class: 'tree-box' }, treeRoot), nodePanel));
  items.get(0).tabIndex = 0;
  expand(0);
  // A small tree is shown whole.
  if (nodes.id.length <= 60) nodes.id.forEach((_, node) => expand(node));
  choose(0);
}
