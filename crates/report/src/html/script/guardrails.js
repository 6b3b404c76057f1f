// Guardrails: how each stands, and in which accounts.

function guardrails() {
  const mount = byId('guardrails-body');
  if (!data.guardrails.length) {
    mount.append(el('p', { class: 'muted' }, 'No guardrail was asked for.'));
    return;
  }
  const all = data.guardrails.map((_, at) => at);
  let term = '';
  let states = new Set();
  let mode = inScope.length > 40 ? 'alike' : 'accounts';
  let page = 0;
  const size = 25;
  const status = el('p', { class: 'count', role: 'status' });
  const body = el('tbody', {});
  const area = el('div', { class: 'scroll', role: 'region', 'aria-label': 'Guardrails by account', tabindex: '0' });
  const foot = el('div', {});
  const words = data.guardrails.map((view) => `${view.title}\n${view.id}\n${view.category}`.toLowerCase());
  const worst = (at) => Object.keys(STATES).findIndex((state) => guardrailCounts[at][state] > 0);

  const summary = el('table', { class: 'list' }, el('caption', { class: 'sr' }, 'Guardrails'),
    el('thead', {}, el('tr', {}, ['Guardrail', 'Risk', 'State', 'Accounts', 'Hole', 'Unknown', 'Not adopted', 'Except', 'Holds'].map((name, at) =>
      el('th', { scope: 'col', class: at > 3 ? 'num' : '' }, name)))), body);

  let summarized = '';
  function drawSummary(columns) {
    if (summarized === columns.join()) return;
    summarized = columns.join();
    const sorted = [...columns].sort((a, b) => worst(a) - worst(b) || rankOf(data.guardrails[a].risk) - rankOf(data.guardrails[b].risk) || a - b);
    body.replaceChildren(...sorted.map((at) => {
      const view = data.guardrails[at];
      const counts = guardrailCounts[at];
      const present = Object.keys(STATES).filter((state) => counts[state]);
      return el('tr', {},
        el('th', { scope: 'row' }, button('link strong', view.title, () => openGuardrail(at)), el('span', { class: 'muted small block' }, view.category)),
        el('td', {}, riskBadge(view.risk)),
        el('td', {}, stateBadge(present[0] ?? 'notApplicable')),
        el('td', { class: 'wide' }, bar(present.map((state) => [`s-${state}`, counts[state]]), present.map((state) => `${STATES[state]}: ${number(counts[state])}`).join(', '))),
        ['hole', 'unknown', 'notAdopted', 'holdsExcept', 'holds'].map((state) => el('td', { class: counts[state] ? 'num' : 'num zero' }, number(counts[state]))));
    }));
  }

  // Cells are copied from one of each state: a page has thousands.
  const patterns = Object.fromEntries(Object.keys(STATES).map((state) =>
    [state, el('td', {}, button(`mark ${state}`, [icon(state), hidden(STATES[state])], null, { tabindex: '-1', 'data-cell': '' }))]));

  function matchedRows() {
    const hits = term ? inScope.filter((node) => searchable[ordinalOf[node]].includes(term)) : inScope;
    const columns = term ? all.filter((at) => words[at].includes(term)) : all;
    if (term && !hits.length && !columns.length) return { rows: [], columns: [] };
    const shownColumns = columns.length ? columns : all;
    const list = hits.length ? hits : inScope;
    const keep = data.profiles.map((profile) => !states.size || shownColumns.some((at) => states.has(profile[at] === null ? 'notApplicable' : data.guardrails[at].groups[profile[at]][0])));
    return { rows: list.filter((node) => keep[nodes.profile[node]]), columns: shownColumns };
  }

  function draw() {
    const { rows, columns } = matchedRows();
    drawSummary(columns);
    let lines = rows.map((node) => [node]);
    if (mode === 'alike') {
      const groups = new Map();
      for (const node of rows) {
        if (!groups.has(nodes.profile[node])) groups.set(nodes.profile[node], []);
        groups.get(nodes.profile[node]).push(node);
      }
      lines = [...groups.values()].sort((a, b) => b.length - a.length);
    }
    status.textContent = `${counted(rows.length, 'account')}${mode === 'alike' ? ` in ${counted(lines.length, 'group')} that stand alike` : ''}, ${counted(columns.length, 'guardrail')}`;
    const shown = printing.on ? lines.slice(0, 150) : lines.slice(page * size, (page + 1) * size);
    const table = el('table', { class: 'matrix', role: 'grid', 'aria-label': 'State of each guardrail' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'stick' }, mode === 'alike' ? 'Accounts that stand alike' : 'Account'),
        columns.map((at) => el('th', { scope: 'col', class: 'up' }, button('link', data.guardrails[at].title, () => openGuardrail(at), { title: data.guardrails[at].title, tabindex: '-1', 'data-cell': '' }))))));
    const tbody = el('tbody', {});
    shown.forEach((list, place) => {
      const node = list[0];
      const head = list.length === 1 ? [accountButton(node), el('span', { class: 'muted small block clip' }, `${nodes.id[node]} · ${pathOf(node)}`)]
        : [button('link', counted(list.length, 'account'), () => openDrawer(counted(list.length, 'account'), el('p', {}, 'They stand alike with every guardrail.'), accountList(list))),
          el('span', { class: 'muted small block clip' }, isolated(list.slice(0, 3).map(nameOf).join(', ')))];
      const row = el('tr', {}, el('th', { scope: 'row', class: 'stick' }, head));
      for (const at of columns) {
        const state = stateOf(at, node);
        const cell = patterns[state].cloneNode(true);
        if (states.size && !states.has(state)) cell.firstChild.classList.add('dim');
        cell.firstChild.dataset.guardrail = at;
        row.append(cell);
      }
      row.dataset.line = place;
      tbody.append(row);
    });
    table.append(tbody);
    table.addEventListener('click', (event) => {
      const control = event.target.closest('.mark');
      if (control) openCell(Number(control.dataset.guardrail), shown[Number(control.closest('tr').dataset.line)]);
    });
    area.replaceChildren(rows.length ? roving(table) : el('p', { class: 'empty' }, 'Nothing fits the filter.'));
    foot.replaceChildren(...[printing.on ? lines.length > shown.length && el('p', { class: 'muted small' }, `${number(lines.length - shown.length)} more rows are not printed.`)
      : pager(lines.length, size, page, (to) => { page = to; draw(); area.scrollTop = 0; }, 'rows')].filter(Boolean));
  }
  const rowsField = select('Rows', [['alike', 'Accounts that stand alike'], ['accounts', 'Each account']], (value) => { mode = value; page = 0; draw(); });
  rowsField.querySelector('select').value = mode;
  mount.append(
    el('div', { class: 'toolbar' },
      search('Search', 'Guardrail, account, id or OU', (value) => { term = value; page = 0; draw(); }), rowsField,
      checks('Only rows with', Object.keys(STATES).map((state) => [state, icon(state), STATES[state]]), (chosen) => { states = chosen; page = 0; draw(); })),
    status, el('div', { class: 'scroll' }, summary),
    el('h3', {}, 'In which accounts'), el('p', { class: 'small muted' }, 'Choose a mark to see why.'), area, foot);
  draw();
  renderers.push(draw);
}
