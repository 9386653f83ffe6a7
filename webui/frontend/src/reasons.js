// A button that needs a reason asks for it inline, before anything is sent: the server asks again in any case.
//   <button data-needs-reason="reason-field-id">
document.addEventListener("click", event => {
  const button = event.target.closest("button[data-needs-reason]");
  if (!button) return;
  const field = document.getElementById(button.dataset.needsReason);
  if (field.value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.closest("details")?.setAttribute("open", "");
  field.classList.add("is-asked");
  field.setAttribute("aria-invalid", "true");
  const hint = document.getElementById(`${field.id}-asked`);
  hint.textContent = button.dataset.reasonHint;
  hint.hidden = false;
  field.focus();
}, true);
