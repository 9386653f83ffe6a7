// Enter in a line of a form does what the form is for. Browsers press its first button, which may be one beside a field.
//   <div data-enter>a search with its own button</div> … <button data-enter-presses>the form's main one</button>
document.addEventListener("keydown", event => {
  const line = event.target;
  if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !line.matches("input:not([type=file])")) return;
  const button = line.closest("[data-enter]")?.querySelector("button") ?? line.form?.querySelector("button[data-enter-presses]");
  if (!button) return;
  event.preventDefault();
  button.click();
});
