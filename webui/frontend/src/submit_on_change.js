// A filter applies when it is chosen: <form data-submit-on-change>. Without scripts its button does the same.
document.addEventListener("change", event => {
  if (event.target.form?.hasAttribute("data-submit-on-change")) event.target.form.requestSubmit();
});
