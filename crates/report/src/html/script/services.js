// The heat map: services by classes.

function cellCounts(cell, total) {
  if (cell === 0) return [total, 0, 0];
  if (cell === 1) return [0, total, 0];
  if (cell === 2) return [0, 0, total];
  return [total - cell[0] - cell[1], cell[0], cell[1]];
}

const METRICS = { blocked: [2, 'always blocked'], cond: [1, 'depends'], never: [0, 'never blocked'] };

function openService(row, place) {
  const view = data.classes[place];
  const counts = cellCounts(data.heat[row.heat][place], row.total);
  const wanted = new Set(row.members.map((member) => member[0]));
  const prefixes = [...wanted].map((service) => data.services[service][0]);
  const touched = (view.groups ?? []).filter((group) => {
    const set = data.actionSets[group.actions];
    return set.services.some(([service]) => wanted.has(service)) || set.names.some((name) => prefixes.some((prefix) => name.startsWith(`${prefix}:`)));
  });
  openDrawer(`${prefixes.slice(0, 3).join(', ')}${prefixes.length > 3 ? ` and ${number(prefixes.length - 3)} more` : ''} in class ${view.name}`,
    accessBar(counts), el('p', {}, `${row.members.length > 1 ? 'Together: ' : ''}${countsWords(counts)}.`),
    view.groups ? [el('h3', {}, 'Groups of actions that take part'), lengthening(touched, 12, (group) => el('li', {}, groupBlock(group)), 'groups')] : null,
    el('p', {}, button('quiet', `All about class ${view.name}`, () => openClass(place))),
    row.members.length > 1 && [el('h3', {}, counted(row.members.length, 'service')), el('ul', { class: 'inline tight' },
      row.members.map(([service, total]) => el('li', { title: data.services[service][1] }, el('code', {}, data.services[service][0]), ` ${number(total)}`)))]);
}

function services() {
  const rowsOf = (alike) => {
    const rows = new Map();
    data.heatOf.forEach(([service, total, heat], at) => {
      const key = alike ? heat : `s${at}`;
      if (!rows.has(key)) rows.set(key, { heat, total: 0, members: [] });
      const row = rows.get(key);
      row.total += total;
      row.members.push([service, total]);
    });
    return [...rows.values()].map((row) => {
      const factor = row.members.length;
      const cells = data.heat[row.heat];
      const per = row.total / factor;
      const distinct = new Set(cells.map((cell) => (typeof cell === 'number' ? cell : cell.join()))).size;
      const weight = (metric) => cells.reduce((sum, cell, place) => sum + (cellCounts(cell, per)[METRICS[metric][0]] / (per || 1)) * membersOf[place].length, 0);
      return { ...row, factor, distinct, weight };
    });
  };
  let alike = true;
  let differing = false;
  let metric = 'blocked';
  let sort = 'spread';
  let term = '';
  let page = 0;
  let columnPage = 0;
  const size = 30;
  const columns = 16;
  const status = el('p', { class: 'count', role: 'status' });
  const area = el('div', { class: 'scroll', role: 'region', 'aria-label': 'Services by class', tabindex: '0' });
  const foot = el('div', { class: 'feet' });
  const nameMatches = ([service]) => data.services[service][0].includes(term) || data.services[service][1].toLowerCase().includes(term);

  function draw() {
    let rows = rowsOf(alike && !term);
    if (term) rows = rows.filter((row) => row.members.some(nameMatches));
    if (differing) rows = rows.filter((row) => row.distinct > 1);
    const first = (row) => data.services[row.members[0][0]][0];
    rows.sort((a, b) => (sort === 'spread' ? b.distinct - a.distinct : sort === 'metric' ? b.weight(metric) - a.weight(metric) : 0) || first(a).localeCompare(first(b)));
    const all = rows.reduce((sum, row) => sum + row.members.length, 0);
    status.textContent = `${counted(all, 'service')} in ${counted(rows.length, 'row')}`;
    const shown = printing.on ? rows.slice(0, 120) : rows.slice(page * size, (page + 1) * size);
    const from = printing.on ? 0 : columnPage * columns;
    const places = data.classes.map((_, place) => place).slice(from, from + columns);
    const table = el('table', { class: 'heat', role: 'grid', 'aria-label': `Share of actions that are ${METRICS[metric][1]}` },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'stick' }, 'Service'), places.map((place) =>
        el('th', { scope: 'col' }, el('span', { class: 'sr' }, 'Class '), className(place), el('span', { class: 'muted small block' }, number(membersOf[place].length), hidden(' accounts')))))),
      el('tbody', {}, shown.map((row) => {
        const prefixes = row.members.map(([service]) => data.services[service][0]);
        const label = row.members.length === 1 ? [el('code', {}, prefixes[0]), el('span', { class: 'muted small block clip' }, data.services[row.members[0][0]][1])]
          : [el('code', {}, prefixes.slice(0, 2).join(', ')), el('span', { class: 'muted small block' }, `and ${number(row.members.length - 2)} more, alike`)];
        return el('tr', {}, el('th', { scope: 'row', class: 'stick', title: prefixes.slice(0, 40).join(', ') }, label), places.map((place) => {
          const cell = data.heat[row.heat][place];
          const per = row.total / row.factor;
          const counts = cellCounts(cell, per).map((value) => value * row.factor);
          const value = counts[METRICS[metric][0]];
          const share = row.total ? value / row.total : 0;
          const control = button(`cell h-${metric} l${Math.ceil(share * 4)}`, [el('span', { 'aria-hidden': 'true' }, percent(value, row.total)), hidden(countsWords(counts))],
            () => openService(row, place), { tabindex: '-1', 'data-cell': '' });
          const strip = el('span', { class: 'strip', 'aria-hidden': 'true' });
          [['never', counts[0]], ['cond', counts[1]], ['blocked', counts[2]]].forEach(([kind, part]) => {
            if (!part) return;
            const segment = el('span', { class: `seg ${kind}` });
            segment.style.width = `${(100 * part) / row.total}%`;
            strip.append(segment);
          });
          control.append(strip);
          return el('td', {}, control);
        }));
      })));
    area.replaceChildren(roving(table));
    foot.replaceChildren(...(printing.on ? [data.classes.length > columns && el('p', { class: 'muted small' }, `The ${columns} largest classes are shown.`)] : [
      pager(rows.length, size, page, (to) => { page = to; draw(); }, 'rows'),
      pager(data.classes.length, columns, columnPage, (to) => { columnPage = to; draw(); }, 'classes'),
    ]).filter(Boolean));
  }
  const toggle = (words, on, change) => {
    const input = el('input', { type: 'checkbox' });
    input.checked = on;
    input.addEventListener('change', () => change(input.checked));
    return el('label', { class: 'chip' }, input, words);
  };
  byId('services-body').append(el('div', { class: 'toolbar' },
    search('Search services', 'Prefix or name', (value) => { term = value; page = 0; draw(); }),
    select('Show the share', [['blocked', 'Always blocked'], ['cond', 'Depends'], ['never', 'Never blocked']], (value) => { metric = value; draw(); }),
    select('Sort by', [['spread', 'Most different classes'], ['metric', 'Largest share'], ['name', 'Name']], (value) => { sort = value; page = 0; draw(); }),
    el('div', { class: 'field chips' },
      toggle('One row for services alike', true, (on) => { alike = on; page = 0; draw(); }),
      toggle('Only where classes differ', false, (on) => { differing = on; page = 0; draw(); }))),
  legend(), status, area, foot);
  draw();
  renderers.push(draw);
}
