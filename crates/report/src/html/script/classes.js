// Permission classes: who is in them, how much is blocked, and how they differ.

let chosenClass;

const classButton = (place) => button('tag link', `Class ${className(place)}`, () => showClass(place));

function differsWords(view) {
  if (view.from === null) return '–';
  const more = view.changes.reduce((sum, [, , listed]) => sum + listed, 0);
  if (!more) return `Other conditions than in class ${className(view.from)}`;
  return `${counted(more, 'action')} treated otherwise than in class ${className(view.from)}`;
}

function actionsBlock(at) {
  const view = data.actionSets[at];
  const parts = [];
  if (view.names.length) parts.push(el('div', { class: 'actions' }, view.names.map((name) => el('code', {}, name))));
  if (view.services.length) {
    const sorted = [...view.services].sort((a, b) => b[1] - a[1]);
    parts.push(lengthening(sorted, 16, ([service, count]) => {
      const [prefix, name, total] = data.services[service];
      return el('li', { title: name }, el('code', {}, prefix), ` ${count === total ? `all ${number(total)}` : `${number(count)} of ${number(total)}`}`);
    }, 'services', el('ul', { class: 'inline tight' })));
  }
  const open = [];
  if (view.future) open.push(`new actions of ${counted(view.future, 'service')}`);
  if (view.other) open.push('actions of services that nobody knows yet');
  if (open.length) parts.push(el('p', { class: 'muted small' }, `Also ${open.join(' and ')}.`));
  return parts;
}

const statementLine = (at) => {
  const [node, policy, , words] = data.statements[at];
  return el('li', {}, policy === null ? 'a policy' : policyButton(policy, []), ` ${words}`,
    node !== null && [' at ', accountButton(node)]);
};

function groupBlock(group) {
  const view = data.actionSets[group.actions];
  const state = { alwaysBlocked: 'blocked', unknown: 'cond', neverBlocked: 'never' }[group.access];
  return el('details', { class: 'group' },
    el('summary', {}, el('span', { class: `swatch ${state}`, 'aria-hidden': 'true' }), el('strong', {}, counted(view.count, 'action')), ` ${ACCESS[group.access]}`,
      group.when !== null && el('span', { class: 'muted clip' }, string(group.when))),
    el('div', { class: 'fold' },
      el('p', {}, group.when === null ? `Because ${string(group.reason)}.` : `It depends: ${string(group.when)}`),
      group.levels.length > 0 && el('p', {}, 'No Allow at ', group.levels.map((node, at) => [at > 0 && ', ', accountButton(node)])),
      group.open.length > 0 && el('ul', {}, group.open.map((at) => el('li', {}, string(at)))),
      group.statements.length > 0 && [el('h4', {}, 'Statements that decide'), lengthening(group.statements, 8, statementLine, 'statements')],
      el('h4', {}, 'Actions'), actionsBlock(group.actions)));
}

function openClass(place) {
  const view = data.classes[place];
  const list = membersOf[place];
  openDrawer(`Permission class ${view.name}`,
    accessBar(view.counts),
    el('p', {}, view.notApplicable ? `SCPs do not apply to these accounts: ${view.notApplicable}.` : `${countsWords(view.counts)} of ${counted(view.counts[0] + view.counts[1] + view.counts[2], 'action')}.`),
    el('h3', {}, counted(list.length, 'account')), accountList(list),
    view.from !== null && [el('h3', {}, 'Difference from ', classButton(view.from)),
      el('p', { class: 'small muted' }, 'The class before it that it is most like.'),
      lengthening(view.changes, 12, ([other, own, , words, lines]) => el('li', { class: 'card-block' },
        el('p', {}, el('strong', {}, string(words)), other === own ? ': depends in both, on other conditions' : [': ', ACCESS[other], ' → ', el('strong', {}, ACCESS[own])]),
        lines.map((line) => el('code', { class: 'wrap-code' }, string(line)))), 'differences')],
    view.groups && [el('h3', {}, 'All actions'), el('p', { class: 'small muted' }, 'In groups that are treated alike, for any caller and resource.'),
      lengthening(view.groups, 20, (group) => el('li', {}, groupBlock(group)), 'groups')]);
}

function showClass(place) { openClass(place); }

function classes() {
  const total = inScope.length;
  const order = { most: (a, b) => membersOf[b].length - membersOf[a].length, blocked: (a, b) => data.classes[b].counts[2] - data.classes[a].counts[2], open: (a, b) => data.classes[b].counts[0] - data.classes[a].counts[0] };
  let sort = 'most';
  let term = '';
  let page = 0;
  const size = 25;
  const status = el('p', { class: 'count', role: 'status' });
  const body = el('tbody', {});
  const foot = el('div', {});
  const table = el('table', { class: 'list' }, el('caption', { class: 'sr' }, 'Permission classes'),
    el('thead', {}, el('tr', {}, ['Class', 'Accounts', 'Actions', 'Never blocked', 'Depends', 'Always blocked', 'Difference'].map((name, at) =>
      el('th', { scope: 'col', class: at === 1 || (at > 2 && at < 6) ? 'num' : '' }, name)))), body);
  function draw() {
    const list = data.classes.map((_, place) => place).filter((place) => !term || `class ${className(place)}`.toLowerCase() === term || className(place).toLowerCase() === term
      || membersOf[place].some((node) => searchable[ordinalOf[node]].includes(term)));
    list.sort((a, b) => order[sort](a, b) || a - b);
    status.textContent = `${counted(list.length, 'class', 'classes')} with ${counted(list.reduce((sum, place) => sum + membersOf[place].length, 0), 'account')}`;
    const shown = printing.on ? list.slice(0, 100) : list.slice(page * size, (page + 1) * size);
    body.replaceChildren(...shown.map((place) => {
      const view = data.classes[place];
      const names = membersOf[place].slice(0, 2).map(nameOf).join(', ') + (membersOf[place].length > 2 ? ', …' : '');
      return el('tr', {},
        el('th', { scope: 'row' }, button('link strong', `Class ${view.name}`, () => openClass(place)), el('span', { class: 'muted small block' }, isolated(names))),
        el('td', { class: 'num' }, number(membersOf[place].length), el('span', { class: 'muted small block' }, percent(membersOf[place].length, total))),
        el('td', { class: 'wide' }, accessBar(view.counts)),
        view.counts.map((value) => el('td', { class: 'num' }, number(value))),
        el('td', { class: 'small' }, view.notApplicable ? 'SCPs do not apply' : differsWords(view)));
    }));
    foot.replaceChildren(...[!printing.on && pager(list.length, size, page, (to) => { page = to; draw(); }, 'classes')].filter(Boolean));
  }
  byId('classes-body').append(
    data.classes.length > 8 ? el('div', { class: 'toolbar' },
      search('Search', 'Class, account, id or OU', (value) => { term = value; page = 0; draw(); }),
      select('Sort by', [['most', 'Accounts'], ['blocked', 'Most blocked'], ['open', 'Least blocked']], (value) => { sort = value; page = 0; draw(); })) : '',
    legend(), status, el('div', { class: 'scroll' }, table), foot);
  draw();
  renderers.push(draw);
}

function legend() {
  return el('ul', { class: 'legend' }, [['never', 'Never blocked'], ['cond', 'Depends'], ['blocked', 'Always blocked']]
    .map(([kind, words]) => el('li', {}, el('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), words)));
}
