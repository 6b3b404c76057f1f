// What to look at first.

const guardrailCounts = data.guardrails.map(() => Object.fromEntries(Object.keys(STATES).map((state) => [state, 0])));
{
  const perProfile = data.profiles.map(() => 0);
  for (const node of inScope) perProfile[nodes.profile[node]] += 1;
  data.profiles.forEach((profile, at) => profile.forEach((place, guardrail) => {
    const state = place === null ? 'notApplicable' : data.guardrails[guardrail].groups[place][0];
    guardrailCounts[guardrail][state] += perProfile[at];
  }));
}
const rankOf = (risk) => Object.keys(RISKS).indexOf(risk);

function overview() {
  const items = [];
  data.guardrails.forEach((guardrail, at) => {
    const counts = guardrailCounts[at];
    const state = counts.hole ? 'hole' : counts.unknown ? 'unknown' : null;
    if (state) items.push({ risk: guardrail.risk, state, number: counts[state], at });
  });
  data.findings.forEach((finding, at) => {
    if (finding.risk === 'high' && finding.suppressed === undefined) {
      items.push({ risk: 'high', finding, number: setOf(finding.accounts).length, at });
    }
  });
  items.sort((a, b) => rankOf(a.risk) - rankOf(b.risk) || (a.state === 'unknown') - (b.state === 'unknown') || b.number - a.number);
  if (!items.length) return;
  append(byId('overview-body'), [
    el('h3', {}, 'Look at these first'),
    el('ol', { class: 'attention' }, items.slice(0, 6).map((item) => {
      const text = item.finding ? `${item.finding.message}` : data.guardrails[item.at].title;
      const click = () => (item.finding ? showFinding(item.at) : openGuardrail(item.at));
      return el('li', {}, riskBadge(item.risk), item.state ? stateBadge(item.state) : el('span', { class: 'badge plain' }, 'Finding'),
        button('link', formatted(text), click), el('span', { class: 'muted' }, counted(item.number, 'account')));
    })),
    items.length > 6 && el('p', { class: 'muted small' }, `And ${number(items.length - 6)} more in the sections below.`)]);
}

// Messages have input in backticks.
function formatted(text) {
  return text.split('`').map((part, at) => (at % 2 ? el('code', {}, part) : part));
}
