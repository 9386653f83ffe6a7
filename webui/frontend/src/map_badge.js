// The mark of what is noticed at an element of a drawing: the number of remarks, in the colour of the worst.
const SEVERITIES = ["error", "warning", "info"];

export function mapBadge(findings, onClick) {
  const badge = document.createElement("button");
  const worst = SEVERITIES.find(severity => findings.some(finding => finding.severity === severity));
  badge.type = "button";
  badge.className = `map-badge map-badge-${worst}`;
  badge.textContent = findings.length > 1 ? findings.length : { error: "!", warning: "!", info: "i" }[worst];
  badge.title = findings.map(finding => finding.text).join("\n");
  badge.setAttribute("aria-label", `${badge.textContent}: ${badge.title}`);
  badge.addEventListener("click", event => {
    event.stopPropagation();
    onClick();
  });
  return badge;
}

export function byElement(findings) {
  const groups = new Map();
  for (const finding of findings) groups.set(finding.element, [...(groups.get(finding.element) ?? []), finding]);
  return groups;
}
