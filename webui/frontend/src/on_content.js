// Calls `prepare(root)` for the page and for every part of it that htmx brings later.
export function onContent(prepare) {
  prepare(document.body);
  document.addEventListener("htmx:after:swap", () => prepare(document.body));
}
