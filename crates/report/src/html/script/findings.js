// Findings: each with the text it is about, the reason and the remedy.

let showFinding;

const PRINTED = 40;
const EVIDENCE = {
  snapshot: 'It is written in the snapshot.',
  proof: 'Proved for every call',
  witness: 'Shown by a call',
};

function findingBody(finding) {
  const list = setOf(finding.accounts);
  const view = finding.policy === undefined ? null : data.policies[finding.policy];
  return el('div', { class: 'fold' },
    el('div', { class: 'two' },
      el('div', {}, el('h4', {}, 'Why it matters'), el('p', {}, formatted(string(finding.reason)))),
      el('div', {}, el('h4', {}, 'What to do'), el('p', {}, formatted(string(finding.remedy))))),
    finding.suppressed !== undefined && el('p', { class: 'callout' }, el('strong', {}, 'Suppressed: '), finding.suppressed),
    view && [el('h4', {}, 'Where'),
      el('p', {}, policyButton(finding.policy, finding.marks), ` ${finding.place ?? ''}`),
      view.text === null ? el('p', { class: 'muted' }, 'The text is not in the snapshot.') : policyText(data.texts[view.text], finding.marks)],
    finding.targets.length > 0 && [el('h4', {}, view ? 'Attached to' : 'At'),
      lengthening(finding.targets, 8, (node) => el('li', {}, `${kindOf(node)} `, accountButton(node), el('span', { class: 'muted' }, nodes.kind[node] ? ` in ${pathOf(node)}` : '')), 'targets')],
    el('h4', {}, `Concerns ${counted(list.length, 'account')}`), accountList(list),
    el('h4', {}, 'Evidence'),
    el('p', {}, finding.evidence === 'snapshot' ? EVIDENCE.snapshot : `${EVIDENCE[finding.evidence]}: ${string(finding.proof)}`),
    (finding.witnesses ?? []).map(commandLine),
    finding.catalog && el('p', { class: 'small muted' }, 'This depends on the catalog knowing all actions and keys of today.'),
    el('p', { class: 'small muted' }, 'Fingerprint ', el('code', { class: 'wrap-code' }, finding.fingerprint), finding.rule && ` · rule ${finding.rule}`));
}

function findingItem(finding, at, shownAt) {
  const details = el('details', { class: `finding ${finding.risk}`, id: `finding-${at}` });
  const where = finding.policy === undefined ? (finding.targets.length ? nameOf(finding.targets[0]) : '') : policyName(finding.policy);
  details.append(el('summary', {}, riskBadge(finding.risk),
    el('div', { class: 'what' }, el('h3', { class: 'message' }, formatted(finding.message)),
      el('span', { class: 'muted small block' }, el('code', {}, finding.code), where && [' · ', isolated(where)], ' · ', counted(setOf(finding.accounts).length, 'account')))));
  const open = () => { if (details.open && details.childElementCount === 1) details.append(findingBody(finding)); };
  details.addEventListener('toggle', open);
  // Of very many only the first are printed with all they say.
  if (printing.on && shownAt < PRINTED) {
    details.open = true;
    open();
  }
  return el('li', {}, details);
}

function findings() {
  const mount = byId('findings-body');
  const numbered = data.findings.map((finding, at) => [finding, at]);
  const open = numbered.filter(([finding]) => finding.suppressed === undefined);
  const suppressed = numbered.filter(([finding]) => finding.suppressed !== undefined);
  const text = data.findings.map((finding) => [finding.code, finding.message, finding.fingerprint, finding.place ?? '',
    finding.policy === undefined ? '' : `${policyName(finding.policy)} ${data.policies[finding.policy].id}`,
    finding.targets.map((node) => `${nameOf(node)} ${nodes.id[node]}`).join(' ')].join('\n').toLowerCase());
  let risks = new Set();
  let code = '';
  let term = '';
  const status = el('p', { class: 'count', role: 'status' });
  const area = el('div', {});
  function accountHit(finding) {
    // Names of accounts are looked at only for longer terms: findings concern thousands.
    return term.length > 3 && setOf(finding.accounts).some((node) => searchable[ordinalOf[node]].includes(term));
  }
  function draw(wanted) {
    const list = open.filter(([finding, at]) => at === wanted || ((!risks.size || risks.has(finding.risk)) && (!code || finding.code === code)
      && (!term || text[at].includes(term) || accountHit(finding))));
    status.textContent = `${counted(list.length, 'finding')}${list.length < open.length ? ` of ${number(open.length)}` : ''}`;
    const size = Math.max(20, list.findIndex(([, at]) => at === wanted) + 1);
    area.replaceChildren(list.length ? lengthening(list, size, ([finding, at], place) => findingItem(finding, at, place), 'findings', el('ul', { class: 'plain findings' }))
      : el('p', { class: 'empty' }, open.length ? 'Nothing fits the filter.' : 'Nothing was found.'));
  }
  showFinding = (at) => {
    let details = byId(`finding-${at}`);
    if (!details) {
      draw(at);
      details = byId(`finding-${at}`);
    }
    details.open = true;
    details.querySelector('summary').focus();
    details.scrollIntoView({ block: 'start' });
  };
  const codes = [...new Set(open.map(([finding]) => finding.code))].sort();
  const count = (risk) => open.filter(([finding]) => finding.risk === risk).length;
  append(mount, [
    open.length > 0 && el('div', { class: 'toolbar' },
      search('Search', 'Message, code, policy or account', (value) => { term = value; draw(); }),
      select('Kind', [['', 'All kinds'], ...codes.map((value) => [value, value])], (value) => { code = value; draw(); }),
      checks('Only', Object.keys(RISKS).filter(count).map((risk) => [risk, RISKS[risk], el('span', { class: 'n' }, number(count(risk)))]),
        (chosen) => { risks = chosen; draw(); })),
    status, area,
    suppressed.length > 0 && el('details', { class: 'suppressed' }, el('summary', {}, `${counted(suppressed.length, 'finding')} suppressed`),
      el('div', { class: 'fold' }, lengthening(suppressed, 20, ([finding, at], place) => findingItem(finding, at, place), 'findings', el('ul', { class: 'plain findings' })))),
  ]);
  draw();
  renderers.push(draw);
}
