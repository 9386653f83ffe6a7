// A field holds as many characters as are kept, and a browser cuts off what is pasted beyond them without a word. Here it
// is said at the field, until something else is typed there.
const limited = ":is(input, textarea)[maxlength]";

function pastedInto(field, event) {
  const text = event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n");
  return field.matches("input") ? text.replaceAll("\n", "") : text; // one line takes no second
}

function known(field) {
  const next = field.nextElementSibling;
  return next?.matches(".cut-paste") ? next : null;
}

document.addEventListener("paste", event => {
  const field = event.target;
  if (event.defaultPrevented || !field.matches?.(limited) || field.readOnly) return;
  const replaced = (field.selectionEnd ?? 0) - (field.selectionStart ?? 0);
  const length = field.value.length - replaced + pastedInto(field, event).length;
  if (length <= field.maxLength || known(field)) return;
  const textContent = document.getElementById("toasts").dataset.cut.replace("%(num)s", field.maxLength);
  field.after(Object.assign(document.createElement("p"), { className: "form-hint cut-paste", role: "alert", textContent }));
});
document.addEventListener("input", event => {
  if (event.inputType !== "insertFromPaste") known(event.target)?.remove();
});
