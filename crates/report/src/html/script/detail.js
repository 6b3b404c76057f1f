// The drawer and what it shows: policies, guardrails in accounts, lists of accounts.

const drawer = byId('drawer');

function openDrawer(title, ...content) {
  const close = button('quiet', 'Close', () => drawer.close());
  const heading = el('h2', { id: 'drawer-title', tabindex: '-1' }, title);
  drawer.replaceChildren(
    el('div', { class: 'drawer-head' }, heading, close),
    append(el('div', { class: 'drawer-body' }), content));
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  heading.focus();
}
drawer.addEventListener('click', (event) => { if (event.target === drawer) drawer.close(); });

const policyButton = (policy, marks) =>
  button('link', isolated(policyName(policy)), () => openPolicy(policy, marks));
const accountButton = (node) => button('link', isolated(nameOf(node)), () => reveal(node));

// A text on one line is laid out for reading; says for each place of the text where it went.
function laidOut(text) {
  if (text.includes('\n')) return { text, at: (place) => place };
  const places = new Array(text.length + 1);
  let result = '';
  let depth = 0;
  let quoted = false;
  const line = () => `\n${'  '.repeat(Math.min(depth, 40))}`;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    places[i] = result.length;
    if (quoted) {
      result += c;
      if (c === '\\' && i + 1 < text.length) {
        i += 1;
        places[i] = result.length;
        result += text[i];
      } else if (c === '"') quoted = false;
    } else if (c === '"') {
      quoted = true;
      result += c;
    } else if (c === '{' || c === '[') {
      result += c;
      if (!/^\s*[}\]]/.test(text.slice(i + 1, i + 20))) {
        depth += 1;
        result += line();
      }
    } else if (c === '}' || c === ']') {
      if (!/[{[]$/.test(result)) {
        depth = Math.max(0, depth - 1);
        result += line();
      }
      places[i] = result.length;
      result += c;
    } else if (c === ',') result += c + line();
    else if (c === ':') result += ': ';
    else if (!/\s/.test(c)) result += c;
  }
  places[text.length] = result.length;
  return { text: result, at: (place) => places[place] ?? result.length };
}

// Marks: the statement, then the place in it.
function policyText(raw, marks = []) {
  const { text, at } = laidOut(raw);
  const ranges = marks.map(([start, end]) => [at(start), end > start ? at(end - 1) + 1 : at(start)]);
  const outer = ranges[0];
  const inner = ranges[1];
  const code = el('code', {});
  let block = code;
  let position = 0;
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    const end = position + line.length;
    const hit = outer && position < outer[1] && end > outer[0];
    if (hit && block === code) {
      block = el('mark', {});
      code.append(block);
    } else if (!hit) block = code;
    const row = el('span', { class: 'line' });
    const from = inner ? Math.max(inner[0], position) - position : 0;
    const to = inner ? Math.min(inner[1], end) - position : 0;
    if (hit && to > from) append(row, [line.slice(0, from), el('strong', { class: 'spot' }, line.slice(from, to)), line.slice(to)]);
    else append(row, [line]);
    row.append('\n');
    block.append(row);
    position = end + 1;
  });
  const pre = el('pre', { tabindex: '0', role: 'group', 'aria-label': 'Policy text' }, code);
  // A long text shows the place that it is shown for.
  requestAnimationFrame(() => { pre.scrollTop = Math.max(0, (pre.querySelector('mark')?.offsetTop ?? 0) - 24); });
  return el('div', { class: 'code' }, copyButton(() => raw), pre);
}

function copyButton(text) {
  const element = button('quiet copy', 'Copy', async () => {
    try {
      await navigator.clipboard.writeText(text());
      element.textContent = 'Copied';
    } catch {
      const range = document.createRange();
      range.selectNodeContents(element.parentElement.querySelector('code'));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      element.textContent = 'Selected';
    }
    setTimeout(() => { element.textContent = 'Copy'; }, 2000);
  });
  return element;
}

function commandLine([template, account, decision]) {
  const text = account === null ? string(template) : string(template).replaceAll('\u0001', nodes.id[accounts[account]]);
  return el('div', { class: 'witness' },
    el('p', { class: 'small' }, 'A call that shows it: ', el('strong', {}, string(decision))),
    el('div', { class: 'code command' }, copyButton(() => text),
      el('pre', { tabindex: '0', role: 'group', 'aria-label': 'Command line' }, el('code', {}, text))));
}

function openPolicy(policy, marks) {
  const view = data.policies[policy];
  const targets = nodes.id.map((_, node) => node).filter((node) => data.attached[nodes.attached[node]].includes(policy));
  openDrawer(isolated(policyName(policy)),
    el('dl', { class: 'facts small' },
      el('div', {}, el('dt', {}, 'Id'), el('dd', {}, view.id)),
      el('div', {}, el('dt', {}, 'Kind'), el('dd', {}, view.aws ? 'Written by AWS' : 'Customer managed'))),
    view.description && el('p', {}, isolated(view.description)),
    el('h3', {}, 'Text'),
    view.text === null ? el('p', {}, 'The text is not in the snapshot: what it says is unknown.') : policyText(data.texts[view.text], marks),
    el('h3', {}, `Attached to ${counted(targets.length, 'target')}`),
    lengthening(targets, 20, (node) => el('li', {}, `${kindOf(node)} `, accountButton(node),
      nodes.kind[node] && el('span', { class: 'muted' }, ` in ${pathOf(node)}`)), 'targets'));
}

// Accounts by where they are, the fullest place first.
function accountList(list) {
  if (!list.length) return el('p', { class: 'muted' }, 'No account.');
  const places = new Map();
  for (const node of list) {
    const parent = nodes.parent[node];
    if (!places.has(parent)) places.set(parent, []);
    places.get(parent).push(node);
  }
  const sorted = [...places.entries()].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  return lengthening(sorted, 6, ([parent, members]) => {
    const all = members.length > 1 && members.length === children[parent].filter((node) => nodes.kind[node] === 2).length;
    const names = el('span', { class: 'names' });
    const show = (count) => members.slice(names.childElementCount, count).forEach((node) => names.append(accountButton(node)));
    show(printing.on ? 40 : 8);
    if (printing.on && members.length > 40) names.append(`and ${number(members.length - 40)} more`);
    const more = members.length > 8 && !printing.on && button('quiet small', `${number(members.length - 8)} more`, () => {
      show(names.childElementCount + 500);
      if (names.childElementCount >= members.length) more.remove();
      else more.textContent = `${number(members.length - names.childElementCount)} more`;
    });
    return el('li', { class: 'place' },
      el('span', { class: 'muted' }, el('bdi', {}, pathOf(members[0])), all ? ` – all ${number(members.length)} directly in it` : ` – ${number(members.length)}`),
      names, more);
  }, 'places', el('ul', { class: 'plain places' }));
}

const PASSING = {
  hole: 'Calls pass that must be blocked',
  unknown: 'Whether these calls pass could not be settled',
  exemption: 'Exempt by name in the policies',
};
const KIND_STATE = { hole: 'hole', unknown: 'unknown', exemption: 'holdsExcept' };

function passingBlock([at, witness], heading) {
  const passing = data.passings[at];
  const state = KIND_STATE[passing.kind];
  return el('div', { class: `passing ${state}` },
    el(heading, { class: 'passing-head' }, icon(state), PASSING[passing.kind]),
    el('dl', { class: 'pairs' },
      el('dt', {}, string(passing.listed)),
      el('dd', {}, passing.actions.map((line) => el('code', { class: 'wrap-code' }, string(line)))),
      el('dt', {}, 'When'),
      el('dd', {}, passing.when.map(([depth, text, condition]) =>
        el('div', { class: `when d${Math.min(depth, 6)}` }, condition ? el('code', { class: 'wrap-code' }, string(text)) : string(text)))),
      passing.why.length > 0 && [el('dt', {}, 'Why it is open'), el('dd', {}, passing.why.map((why) => el('div', {}, string(why))))]),
    witness && commandLine(witness));
}

const STATE_WORDS = {
  hole: 'At least one call that this guardrail wants blocked passes the SCPs.',
  unknown: 'It could not be settled whether such a call passes.',
  notAdopted: 'Such calls pass, but nothing in the organization is aimed at this guardrail, so that nobody takes it to hold.',
  suppressed: 'Such calls pass, and somebody decided to live with it.',
  holdsExcept: 'Such calls pass only for callers, or by ways, that the policies exempt by name.',
  holds: 'Every such call is blocked, whatever the caller, the resource and the context: this is proved.',
  notApplicable: 'SCPs do not apply to the account, so none can hold here.',
};

function groupAccounts(guardrail, place) {
  return inScope.filter((node) => data.profiles[nodes.profile[node]][guardrail] === place);
}

function openCell(guardrail, list) {
  const view = data.guardrails[guardrail];
  const node = list[0];
  const place = data.profiles[nodes.profile[node]][guardrail];
  const state = stateOf(guardrail, node);
  const group = view.groups[place];
  openDrawer(view.title,
    el('p', {}, stateBadge(state), ' in ', list.length === 1 ? [accountButton(node), el('span', { class: 'muted' }, ` ${nodes.id[node]} in ${pathOf(node)}`)]
      : `${counted(list.length, 'account')} that stand alike`),
    el('p', {}, STATE_WORDS[state]),
    group && group[1].map((passing) => passingBlock(passing, 'h3')),
    group && group[2] && el('p', { class: 'small muted' }, group[2]),
    el('h3', {}, 'Accounts where it stands so for the same reasons'),
    accountList(place === null || place === undefined ? list : groupAccounts(guardrail, place)),
    el('p', {}, button('quiet', 'All about this guardrail', () => openGuardrail(guardrail))));
}

function sourceLink(source) {
  // Only web pages become links: anything else could be a script.
  if (!/^https:\/\/[^\s]+$/.test(source)) return el('li', {}, source);
  return el('li', {}, el('a', { href: source, rel: 'noopener noreferrer', target: '_blank' }, source));
}

function openGuardrail(guardrail) {
  const view = data.guardrails[guardrail];
  openDrawer(view.title,
    el('p', {}, riskBadge(view.risk), ` ${view.category} · `, el('code', {}, view.id)),
    el('p', {}, view.why),
    el('h3', {}, 'How accounts stand'),
    lengthening(view.groups.map((group, place) => [group, place]), 5, ([group, place]) => {
      const list = groupAccounts(guardrail, place);
      return el('li', { class: 'card-block' }, el('p', {}, stateBadge(group[0]), ` ${counted(list.length, 'account')}`),
        el('p', { class: 'small' }, STATE_WORDS[group[0]]), group[3] && el('p', { class: 'small' }, `Reason: ${group[3]}`), accountList(list), group[1].map((passing) => passingBlock(passing, 'h4')),
        group[2] && el('p', { class: 'small muted' }, group[2]));
    }, 'groups'),
    view.aims.length > 0 && [el('h3', {}, 'Aimed at by'), el('ul', {}, view.aims.map((aim) => el('li', {}, aim)))],
    el('h3', {}, 'What must be blocked'),
    el('p', { class: 'small' }, 'It holds where the policies in force block every call that these statements match.'),
    policyText(data.texts[view.text]),
    view.sources.length > 0 && [el('h3', {}, 'Recommended by'), el('ul', {}, view.sources.map(sourceLink))]);
}
