// A filter applies when it is chosen: <form data-submit-on-change>. Without scripts its button does the same.
// A combobox applies when a record is chosen, not when its text is left; where several are ticked, by the button.
document.addEventListener("change", event => {
  if (!event.target.closest("[data-chooser], [data-several]") && event.target.form?.hasAttribute("data-submit-on-change")) event.target.form.requestSubmit();
});
document.addEventListener("chosen", event => {
  const form = event.target.form;
  if (form?.hasAttribute("data-submit-on-change")) form.requestSubmit();
});
