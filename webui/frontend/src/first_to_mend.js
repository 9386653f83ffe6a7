// A page that came back with something to mend begins at the first field that needs it: below a long list, or folded
// away, it would be looked for. The inbox does the same for what it brings into its pane.
const field = document.querySelector("main :is(input, select, textarea)[aria-invalid='true']");
if (field) {
  field.closest("details")?.setAttribute("open", "");
  field.dataset.mend = ""; // what is wrong must be read first: no list of choices opens over it
  field.focus();
}
